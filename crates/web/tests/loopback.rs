//! The live stream and the end of the service, over a real socket: the transport is what is
//! tested here.
#![allow(clippy::unwrap_used, reason = "tests may be blunt")]

mod common;

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// More than anything here needs, so that a hang becomes a failure.
const PATIENCE: Duration = Duration::from_secs(10);

struct Service {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
    board: cellward_host::source::LocalFeed,
}

async fn service() -> Service {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let (state, _, board) = common::state();
    let task = tokio::spawn(cellward_web::serve(listener, state, async {
        let _ = stopped.await;
    }));
    Service { address, stop, task, board }
}

/// Asks for the stream and returns a reader that stands after the head of the answer.
async fn watch(address: std::net::SocketAddr) -> BufReader<TcpStream> {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(b"GET /api/stream HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").await.unwrap();
    let mut reader = BufReader::new(socket);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).await.unwrap() > 0, "{head}");
    }
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("text/event-stream"), "{head}");
    reader
}

/// Reads until an event of this name and returns its payload.
async fn event(reader: &mut BufReader<TcpStream>, name: &str) -> Value {
    let wanted = format!("event: {name}");
    timeout(PATIENCE, async {
        let mut named = false;
        loop {
            let mut line = String::new();
            assert!(reader.read_line(&mut line).await.unwrap() > 0, "the stream ended");
            if line.trim_end() == wanted {
                named = true;
            } else if let (true, Some(payload)) = (named, line.strip_prefix("data: ")) {
                return serde_json::from_str(payload).unwrap();
            }
        }
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_page_gets_the_present_at_once_and_later_what_changed() {
    let mut service = service().await;
    let mut reader = watch(service.address).await;
    let first = event(&mut reader, "snapshot").await;
    assert_eq!(first["snapshot"]["soc_percent"], 88.8);
    assert_eq!(first["control"]["story"], "solar day");
    let mut changed = common::snapshot();
    changed.soc = Ok(cellward_units::Ratio::from_permille(500));
    service.board.publish(changed);
    timeout(PATIENCE, async {
        while event(&mut reader, "snapshot").await["snapshot"]["soc_percent"] != 50.0 {}
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_record_reaches_every_watching_page_once() {
    let mut service = service().await;
    let mut first = watch(service.address).await;
    let mut second = watch(service.address).await;
    for number in [1, 2] {
        service.board.record(common::record(number));
        service.board.publish(common::snapshot());
    }
    for reader in [&mut first, &mut second] {
        for number in [1, 2] {
            let line = event(reader, "record").await;
            assert_eq!(line["sequence"], number);
            assert_eq!(line["text"], "charge switch closed");
        }
    }
}

#[tokio::test]
async fn the_page_is_told_how_long_the_board_has_been_silent() {
    let service = service().await;
    let mut reader = watch(service.address).await;
    let mut quiet = 0;
    timeout(PATIENCE, async {
        while quiet < 500 {
            let message = event(&mut reader, "snapshot").await;
            let later = message["quiet_ms"].as_u64().unwrap();
            assert!(later >= quiet, "{later} after {quiet}");
            quiet = later;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn stopping_ends_every_stream_and_a_client_that_never_finishes_asking() {
    let service = service().await;
    let mut reader = watch(service.address).await;
    event(&mut reader, "snapshot").await;
    let mut half = TcpStream::connect(service.address).await.unwrap();
    half.write_all(b"GET /api/snap").await.unwrap();
    service.stop.send(()).unwrap();
    timeout(Duration::from_secs(2), service.task).await.unwrap().unwrap().unwrap();
    let mut rest = Vec::new();
    timeout(PATIENCE, reader.read_to_end(&mut rest)).await.unwrap().unwrap();
}

#[tokio::test]
async fn one_page_too_many_is_told_so_and_a_leaver_makes_room() {
    let service = service().await;
    let mut watchers = Vec::new();
    for _ in 0..64 {
        watchers.push(watch(service.address).await);
    }
    assert!(ask_status(service.address).await.contains(" 503 "));
    drop(watchers.pop());
    timeout(PATIENCE, async { while !ask_status(service.address).await.contains(" 200 ") {} })
        .await
        .unwrap();
}

/// The first line of the answer to a request for the stream.
async fn ask_status(address: std::net::SocketAddr) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(b"GET /api/stream HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").await.unwrap();
    let mut line = String::new();
    BufReader::new(socket).read_line(&mut line).await.unwrap();
    line
}

#[tokio::test]
async fn garbage_gets_an_answer_or_a_closed_door_and_the_service_lives_on() {
    let service = service().await;
    for garbage in [&b"\x00\xff\xfe\r\n\r\n"[..], b"GET / HTTP/9.9\r\n\r\n", b"POST\r\n\r\n"] {
        let mut socket = TcpStream::connect(service.address).await.unwrap();
        socket.write_all(garbage).await.unwrap();
        let mut answer = Vec::new();
        // A reset is as good as an answer.
        let _ = timeout(PATIENCE, socket.read_to_end(&mut answer)).await.unwrap();
    }
    assert!(ask_status(service.address).await.contains(" 200 "));
}
