//! Counts the allocations of a request, which are the same on every machine. The test fails if they
//! differ by more than a tenth from the baseline. If they are fewer, the baseline must be lowered.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use livekit_mock::{Auth, Mock};

#[path = "../src/grants.rs"]
mod grants;

/// The cost of each request: how many allocations, and of how many bytes in all.
#[rustfmt::skip] // A table.
const BASELINE: [(&str, u64, u64); 6] = [
    ("CreateRoom protobuf", 20, 4962),
    ("ListRooms protobuf", 12, 3205),
    ("CreateRoom JSON", 23, 5505),
    ("503 by failRegions", 22, 4938),
    ("response by control", 25, 5644),
    ("settings/regions", 7, 2315),
];

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

fn count(size: usize) {
    ALLOCATIONS.fetch_add(1, Relaxed);
    BYTES.fetch_add(size as u64, Relaxed);
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer came from `System`, with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: the pointer came from `System`, with this layout.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A client with one connection, so that the server's state is the same for every request. It does
/// not allocate anything during a request.
struct Client {
    stream: TcpStream,
    buffer: [u8; 4096],
}

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("a listening server");
        Self { stream, buffer: [0; 4096] }
    }

    fn ask(&mut self, request: &[u8], status: &str) {
        self.stream.write_all(request).expect("a server that reads");
        // Each of these answers is small and written at once.
        let read = self.stream.read(&mut self.buffer).expect("an answer");
        assert_eq!(&self.buffer[9..12], status.as_bytes(), "{read} bytes");
    }
}

fn request(token: &str, method: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let path = format!("/twirp/livekit.RoomService/{method}");
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: test\r\nauthorization: Bearer {token}\r\n\
         {headers}content-length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

#[test]
fn a_request_allocates_no_more_than_its_baseline() {
    const PROTOBUF: &str = "content-type: application/protobuf\r\n";
    const JSON: &str = "content-type: application/json\r\n";
    const COUNT: u64 = 1_000;
    let mock = Mock::builder().auth(Auth::Strict).start_blocking().expect("a server");
    let token = mock.token().grants(grants::of_every_method()).to_jwt();
    let name = b"\x0a\x07my-room\x10\x3c";
    let control = |json: &str| format!("{PROTOBUF}x-lk-mock: {json}\r\n");
    let requests = [
        (request(&token, "CreateRoom", PROTOBUF, name), "200"),
        (request(&token, "ListRooms", PROTOBUF, b""), "200"),
        (request(&token, "CreateRoom", JSON, br#"{"name":"my-room","emptyTimeout":60}"#), "200"),
        (request(&token, "CreateRoom", &control(r#"{"failRegions":[0]}"#), name), "503"),
        (request(&token, "CreateRoom", &control(r#"{"response":{"sid":"RM_1"}}"#), name), "200"),
        (b"GET /settings/regions HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".to_vec(), "200"),
    ];
    let mut client = Client::connect(mock.addresses()[0]);
    let mut wrong = Vec::new();
    for ((name, allocations, bytes), (request, status)) in BASELINE.iter().zip(&requests) {
        // Some things are worked out only once, and some buffers grow only once.
        for _ in 0..50 {
            client.ask(request, status);
        }
        let (allocated, sum) = (ALLOCATIONS.load(Relaxed), BYTES.load(Relaxed));
        for _ in 0..COUNT {
            client.ask(request, status);
        }
        let per_request = |before: u64, after: u64| (after - before + COUNT / 2) / COUNT;
        let now = (
            per_request(allocated, ALLOCATIONS.load(Relaxed)),
            per_request(sum, BYTES.load(Relaxed)),
        );
        let near = |now: u64, baseline: u64| now.abs_diff(baseline) * 10 <= baseline;
        println!("    (\"{name}\", {}, {}),", now.0, now.1);
        if !near(now.0, *allocations) || !near(now.1, *bytes) {
            let (allocated, sum) = now;
            wrong.push(format!(
                "{name}: {allocated} allocations of {sum} bytes, baseline {allocations} of {bytes}"
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "a request's cost has changed by more than a tenth; if that is meant, write the new figures \
         into BASELINE:\n{}",
        wrong.join("\n")
    );
}
