//! What holds for every body. The property tests below and the fuzz targets share it.

use std::sync::LazyLock;

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Request, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use prost_reflect::{DynamicMessage, MessageDescriptor};
use serde::de::IgnoredAny;

use super::{Call, content};
use crate::{
    config::Config,
    control,
    exchange::{Arrival, Exchange, route::Route},
    outcome::End,
    protocol::{Format, json::Protojson},
    region::Regions,
    server::Server,
};

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    Server::new(&Config::default(), Regions::new(vec!["http://127.0.0.1:1".to_owned()]))
});

/// Every call that there is.
static CALLS: LazyLock<Vec<String>> = LazyLock::new(|| {
    SERVER.schema.calls().map(|(service, method)| format!("{service}/{method}")).collect()
});

/// A method's number, how to read on (0 protobuf, 1 JSON, else a scripted response), a body.
pub(crate) fn body(data: &[u8]) {
    let [number, kind, body @ ..] = data else { return };
    let call = &CALLS[usize::from(*number) % CALLS.len()];
    match kind {
        0 => any_body(call, Format::Protobuf, body),
        1 => any_body(call, Format::Json, body),
        _ => any_response(call, body),
    }
}

/// Any body is served, and the same message is answered alike in both encodings.
fn any_body(call: &str, format: Format, body: &[u8]) {
    let method = SERVER.schema.find(call).expect("a method");
    let body = Bytes::copy_from_slice(body);
    let given = served(call, format, None, body.clone());
    let decoded = format.decode(&method.input, &body);
    let (other, body) = match format {
        // Some messages have no JSON form, such as a time in the year 10000.
        Format::Protobuf => match serde_json::to_vec(&Protojson(&decoded.message)) {
            Ok(json) => (Format::Json, json.into()),
            Err(_) => return,
        },
        Format::Json => (Format::Protobuf, Format::Protobuf.encode(&decoded.message, 0)),
    };
    let again = served(call, other, None, body);
    let (given, again) =
        (read(format, &method.output, &given), read(other, &method.output, &again));
    assert_eq!(Format::Protobuf.encode(&given, 0), Format::Protobuf.encode(&again, 0), "{call}");
}

/// Any JSON at all can be asked for as the response.
fn any_response(call: &str, json: &[u8]) {
    let Ok(json) = std::str::from_utf8(json) else { return };
    if serde_json::from_str::<IgnoredAny>(json).is_err() {
        return;
    }
    for format in [Format::Protobuf, Format::Json] {
        served(call, format, Some(&format!("{{\"response\":{json}}}")), Bytes::new());
    }
}

/// The answer, which must be a success in the request's own encoding.
fn served(call: &str, format: Format, control: Option<&str>, body: Bytes) -> Bytes {
    let mut parts = Request::new(()).into_parts().0;
    let headers = &mut parts.headers;
    headers.insert(AUTHORIZATION, HeaderValue::from_static("x"));
    headers.extend(content(format).header().map(|value| (CONTENT_TYPE, value)));
    if let Some(control) = control {
        let Ok(value) = HeaderValue::from_str(control) else { return Bytes::new() };
        headers.insert(HeaderName::from_static(control::HEADER), value);
    }
    let region = SERVER.regions.get(0);
    let (parts, route) = (&parts, Route::Api(call));
    let arrival = Arrival { server: &SERVER, region, parts, route, draft: None };
    let exchange = Exchange::of_call(arrival);
    let outcome = exchange.decided(
        |exchange| Call::read(exchange, &SERVER.schema, call, body),
        |call, exchange| call.answer(exchange),
    );
    outcome.remarks.warnings.assert_sound();
    let End::Reply(reply) = outcome.end else { panic!("{:?}", outcome.end) };
    assert_eq!((reply.status, reply.content), (StatusCode::OK, content(format)));
    let output = &SERVER.schema.find(call).expect("a method").output;
    read(format, output, &reply.body);
    reply.body
}

fn read(format: Format, message: &MessageDescriptor, body: &Bytes) -> DynamicMessage {
    let decoded = format.decode(message, body);
    assert_eq!(decoded.error, None, "the answer's own message");
    let strangers: Vec<String> = decoded.unknown.sentences("the answer").collect();
    assert_eq!(strangers, [""; 0]);
    decoded.message
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};
    use serde_json::{Map, Value};

    use super::*;
    use crate::arbitrary::{damaged, json_value};

    /// A body whose fields are the method's own, mostly of their types.
    fn near(number: u8, values: &[Value]) -> Vec<u8> {
        let call = &CALLS[usize::from(number) % CALLS.len()];
        let input = &SERVER.schema.find(call).expect("a method").input;
        let fields: Map<String, Value> = input
            .fields()
            .zip(values)
            .map(|(field, value)| {
                let value = match field.kind() {
                    prost_reflect::Kind::String => Value::from(value.to_string()),
                    _ => value.clone(),
                };
                (field.json_name().to_owned(), value)
            })
            .collect();
        Value::from(fields).to_string().into_bytes()
    }

    proptest! {
        #[test]
        fn any_bytes(data in vec(any::<u8>(), 0..60)) {
            for kind in 0..3 {
                let mut data = data.clone();
                if data.len() > 1 {
                    data[1] = kind;
                }
                body(&data);
            }
        }

        #[test]
        fn any_json(number in any::<u8>(), values in vec(json_value(), 0..8)) {
            for kind in [1, 2] {
                body(&[&[number, kind], &near(number, &values)[..]].concat());
                let value = values.first().cloned().unwrap_or_default().to_string();
                body(&[&[number, kind], value.as_bytes()].concat());
            }
        }

        #[test]
        fn damaged_json(
            (number, json) in (any::<u8>(), vec(json_value(), 0..8))
                .prop_map(|(number, values)| (number, near(number, &values)))
                .prop_flat_map(|(number, json)| (Just(number), damaged(Just(json)))),
        ) {
            body(&[&[number, 1], &json[..]].concat());
            body(&[&[number, 2], &json[..]].concat());
        }

        #[test]
        fn damaged_protobuf(
            (number, bytes) in (any::<u8>(), vec(json_value(), 0..8)).prop_map(|(number, values)| {
                let call = &CALLS[usize::from(number) % CALLS.len()];
                let input = &SERVER.schema.find(call).expect("a method").input;
                let decoded = Format::Json.decode(input, &near(number, &values).into());
                (number, Format::Protobuf.encode(&decoded.message, 0).to_vec())
            })
            .prop_flat_map(|(number, bytes)| (Just(number), damaged(Just(bytes)))),
        ) {
            body(&[&[number, 0], &bytes[..]].concat());
        }
    }
}
