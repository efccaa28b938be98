//! A call of no method that there is: which one may be meant.

use crate::{
    schema::Schema,
    warning::{MIN_SIMILARITY, similarity},
};

/// Says that there is no such method, and which one may be meant.
pub(super) fn method(path: &str, schema: &Schema) -> String {
    match nearest(path, schema) {
        Some(call) => format!("no such method: \"{path}\", did you mean \"{call}\"?"),
        None => format!(
            "no such method: \"{path}\"; a call is SERVICE/METHOD, such as livekit.RoomService/CreateRoom"
        ),
    }
}

/// The method of the protocol whose own name is nearest to the one asked for; its service's name
/// decides between equals.
fn nearest(path: &str, schema: &Schema) -> Option<String> {
    let path = path.trim_matches('/');
    let (service, method) = path.rsplit_once('/').unwrap_or(("", path));
    let likeness = |(known_service, known): &(&str, &str)| {
        let method = similarity(method, known);
        (method, similarity(service, known_service))
    };
    let rated = schema.calls().map(|call| (likeness(&call), call));
    let near = rated.filter(|((method, _), _)| *method >= MIN_SIMILARITY);
    let (_, (service, method)) = near.max_by(|(left, _), (right, _)| {
        left.0.total_cmp(&right.0).then(left.1.total_cmp(&right.1))
    })?;
    Some(format!("{service}/{method}"))
}
