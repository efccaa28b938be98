//! The certificate authority of this server, for whoever is to trust it.

use http::{HeaderValue, StatusCode, header};

use crate::{
    outcome::{Content, Outcome, Reply},
    server::Server,
};

/// It may be read from every page and under every name, as there is nothing secret in it.
pub(super) fn answer(server: &Server) -> Outcome {
    let pem = server.certificates.ca_pem().to_owned();
    let kind = HeaderValue::from_static("application/x-pem-file");
    let reply = Reply::new(StatusCode::OK, Content::None, pem);
    Outcome::answered(reply.with_header(header::CONTENT_TYPE, kind).into())
}
