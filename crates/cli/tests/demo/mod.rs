//! A demo in a process of its own, and just enough HTTP to talk to its page.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long anything here may take; far more than it does.
const LIMIT: Duration = Duration::from_secs(60);
/// How often something is looked at while it is awaited.
const GLANCE: Duration = Duration::from_millis(50);

/// A running demo; ends when dropped.
pub(crate) struct Demo {
    process: Child,
    ports_file: PathBuf,
    web: String,
    /// Path of the pty behind which UART1 answers.
    pub(crate) pty: String,
    /// Address of the Modbus TCP port, as `host:port`.
    pub(crate) modbus_tcp: String,
}

impl Demo {
    /// Starts a demo on free ports and waits until everything is up.
    pub(crate) fn start(name: &str, time_scale: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let ports_file = folder.join(format!("{name}-{}.json", std::process::id()));
        let _ = std::fs::remove_file(&ports_file);
        let mut process = Command::new(env!("CARGO_BIN_EXE_cellward"))
            .args(["demo", "--headless", "--listen", "127.0.0.1:0"])
            .args(["--seed", "1", "--time-scale", time_scale, "--ports-file"])
            .arg(&ports_file)
            .stdout(Stdio::null())
            .spawn()
            .expect("the binary was built for this test");
        let places: Value = until("the ports file", || {
            if let Ok(Some(status)) = process.try_wait() {
                panic!("the demo ended before it was up: {status}");
            }
            serde_json::from_str(&std::fs::read_to_string(&ports_file).ok()?).ok()
        });
        let text = |place: &Value| {
            let text = place.as_str().expect("the ports file holds texts");
            text.to_owned()
        };
        Self {
            process,
            ports_file,
            web: text(&places["web"]),
            pty: text(&places["uart1"]["pty"]),
            modbus_tcp: text(&places["modbus"]["tcp"]),
        }
    }

    /// What the page shows now.
    pub(crate) fn snapshot(&self) -> Value {
        self.http("GET /api/snapshot")
    }

    /// Presses a button of the page.
    pub(crate) fn press(&self, button: &str) {
        self.http(&format!("POST /api/control/{button}"));
    }

    /// Waits until the page shows something.
    pub(crate) fn await_snapshot(&self, what: &str, shown: impl Fn(&Value) -> bool) -> Value {
        until(what, || Some(self.snapshot()).filter(|now| shown(now)))
    }

    /// What our own command line says about a board at this address, as JSON.
    pub(crate) fn own(command: &[&str], device: &str) -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_cellward"))
            .args(command)
            .args(["--json", "--device", device])
            .output()
            .expect("the binary was built for this test");
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).expect("it prints JSON")
    }

    /// Asks the demo to end as Ctrl-C does; it must end by itself and cleanly.
    pub(crate) fn stop(mut self) {
        let pid = self.process.id().to_string();
        let killed = Command::new("kill").args(["-INT", &pid]).status();
        assert!(killed.is_ok_and(|status| status.success()));
        let status = until("the end of the demo", || {
            self.process.try_wait().expect("it is our own process")
        });
        assert!(status.success(), "after Ctrl-C: {status}");
    }

    /// Sends a request without a body and gives the JSON of a good answer.
    fn http(&self, request: &str) -> Value {
        let host = self.web.strip_prefix("http://").expect("a plain address");
        let host = host.trim_end_matches('/');
        let mut stream = TcpStream::connect(host).expect("the page listens");
        stream.set_read_timeout(Some(LIMIT)).expect("not zero");
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: {host}\r\nx-cellward: 1\r\n\
             Content-Length: 0\r\nConnection: close\r\n\r\n"
        )
        .expect("the page reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the page answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("head and body");
        assert!(head.starts_with("HTTP/1.1 200"), "{request}: {answer}");
        serde_json::from_str(body).expect("the body is JSON")
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Both fail when the process has ended already, which is what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_file(&self.ports_file);
    }
}

/// Looks again and again until there is something to see.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(start.elapsed() < LIMIT, "{what} did not come in {LIMIT:?}");
        std::thread::sleep(GLANCE);
    }
}
