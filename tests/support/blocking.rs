//! Answers of HTTP/1 on a blocking connection, whatever carries it.

use std::io::Read;

/// An answer's head and its whole body, on a connection that stays.
pub fn answer(stream: &mut impl Read) -> (String, Vec<u8>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a head");
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).expect("text");
    let mut body = vec![0; content_length(&head)];
    stream.read_exact(&mut body).expect("a body");
    (head, body)
}

pub fn content_length(head: &str) -> usize {
    let line = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    line.expect("a length").parse().expect("a number")
}
