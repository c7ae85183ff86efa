//! Bytes to and from a board: a blocking port with a time limit on every call.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use serial2::{SerialPort, Settings};

use crate::device::{DeviceUrl, Wire};

/// The system counts time-outs of a TCP connection in its own ticks of up to 10 ms, and rounds up by
/// one or two. Guards are not much longer than that, so the last part of a wait is not left to it.
const TICKS: Duration = Duration::from_millis(20);
/// How often the last part of a wait looks for bytes.
const LOOK: Duration = Duration::from_millis(1);

/// A port that carries bytes both ways.
pub trait Transport: Send {
    /// Sends all of `bytes`.
    ///
    /// # Errors
    ///
    /// When the port is gone or does not take them within a second.
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Waits at most `timeout` for bytes and says how many came; 0 means none in time.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnexpectedEof`] when the other end is gone, or the port's own error.
    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> io::Result<usize>;

    /// The time on this transport, since any moment before its first use. It runs on while
    /// [`read`](Self::read) waits.
    fn now(&self) -> Duration;
}

/// Wall time since it was made.
#[derive(Clone, Copy, Debug)]
struct Clock(std::time::Instant);

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "transports give sessions their time")]
    fn start() -> Self {
        Self(std::time::Instant::now())
    }

    fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// Why a device could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no such path.
    #[error("there is no serial port {0}")]
    NoSuchPort(String),
    /// The path is there but may not be opened.
    #[error(
        "no permission to open {0}; on most systems the user must be in the group dialout or uucp"
    )]
    NoPermission(String),
    /// Nobody listens there.
    #[error("{0} refused the connection; is anything listening there?")]
    Refused(String),
    /// The name does not resolve to an address.
    #[error("the host name of {0} is not known")]
    UnknownHost(String),
    /// The connection could not be made in time.
    #[error("{0} did not answer to the connection in time")]
    TimedOut(String),
    /// There is no simulator in this program.
    #[error("there is no simulator here")]
    NoSimulator,
    /// Anything else the system says.
    #[error("{address} cannot be opened: {error}")]
    System {
        /// What was to be opened.
        address: String,
        /// What the system says.
        error: io::Error,
    },
}

/// How long a TCP connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a port may take to accept bytes.
const WRITE_TIMEOUT: Duration = Duration::from_secs(1);

/// Opens the wire of a device.
///
/// # Errors
///
/// Says in one sentence why the wire cannot be used.
pub fn open(url: &DeviceUrl) -> Result<Box<dyn Transport>, OpenError> {
    match &url.wire {
        Wire::Serial { path, baud } => open_serial(path, *baud),
        Wire::Tcp { address } => open_tcp(address),
        Wire::Sim => Err(OpenError::NoSimulator),
    }
}

fn open_serial(path: &str, baud: u32) -> Result<Box<dyn Transport>, OpenError> {
    let settings = |mut settings: Settings| {
        settings.set_raw();
        settings.set_baud_rate(baud)?;
        Ok(settings)
    };
    let mut port = SerialPort::open(path, settings).map_err(|error| match error.kind() {
        ErrorKind::NotFound => OpenError::NoSuchPort(path.to_owned()),
        ErrorKind::PermissionDenied => OpenError::NoPermission(path.to_owned()),
        _ => OpenError::System { address: path.to_owned(), error },
    })?;
    let limit = port.set_write_timeout(WRITE_TIMEOUT);
    limit.map_err(|error| OpenError::System { address: path.to_owned(), error })?;
    Ok(Box::new(Serial { port, clock: Clock::start() }))
}

fn open_tcp(address: &str) -> Result<Box<dyn Transport>, OpenError> {
    let mut refused = None;
    let resolved =
        address.to_socket_addrs().map_err(|_| OpenError::UnknownHost(address.to_owned()))?;
    for place in resolved {
        match TcpStream::connect_timeout(&place, CONNECT_TIMEOUT) {
            Ok(stream) => {
                // Requests are single frames; waiting to join them would only cost time.
                let _ = stream.set_nodelay(true);
                let _ = stream.set_write_timeout(Some(WRITE_TIMEOUT));
                return Ok(Box::new(Tcp { stream, clock: Clock::start() }));
            }
            Err(error) => refused = Some(error),
        }
    }
    Err(match refused {
        None => OpenError::UnknownHost(address.to_owned()),
        Some(error) => match error.kind() {
            ErrorKind::ConnectionRefused => OpenError::Refused(address.to_owned()),
            ErrorKind::TimedOut | ErrorKind::WouldBlock => OpenError::TimedOut(address.to_owned()),
            _ => OpenError::System { address: address.to_owned(), error },
        },
    })
}

/// A serial port or a pty.
struct Serial {
    port: SerialPort,
    clock: Clock,
}

impl Transport for Serial {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.port.write_all(bytes)
    }

    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> io::Result<usize> {
        // On Unix no time means a look; elsewhere it may mean for ever.
        let look = cfg!(unix) && timeout.is_zero();
        let timeout = if look { timeout } else { at_least_a_millisecond(timeout) };
        self.port.set_read_timeout(timeout)?;
        came(self.port.read(buffer))
    }

    fn now(&self) -> Duration {
        self.clock.elapsed()
    }
}

/// A TCP connection.
struct Tcp {
    stream: TcpStream,
    clock: Clock,
}

impl Transport for Tcp {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> io::Result<usize> {
        let end = self.now() + timeout;
        let asleep = timeout.saturating_sub(TICKS);
        if !asleep.is_zero() {
            self.stream.set_read_timeout(Some(at_least_a_millisecond(asleep)))?;
            let count = came(self.stream.read(buffer))?;
            if count > 0 {
                return Ok(count);
            }
        }
        self.stream.set_nonblocking(true)?;
        let result = self.look_until(end, buffer);
        self.stream.set_nonblocking(false)?;
        result
    }

    fn now(&self) -> Duration {
        self.clock.elapsed()
    }
}

impl Tcp {
    /// Looks for bytes at once and then every millisecond, on a stream that does not block.
    #[expect(clippy::disallowed_methods, reason = "waits for a real wire")]
    fn look_until(&mut self, end: Duration, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = came(self.stream.read(buffer))?;
            let left = end.saturating_sub(self.now());
            if count > 0 || left.is_zero() {
                return Ok(count);
            }
            std::thread::sleep(left.min(LOOK));
        }
    }
}

/// A timeout of zero means for ever to the system.
fn at_least_a_millisecond(timeout: Duration) -> Duration {
    timeout.max(Duration::from_millis(1))
}

/// Nothing in time is no error; the end of the stream is one.
fn came(result: io::Result<usize>) -> io::Result<usize> {
    match result {
        Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
        Ok(count) => Ok(count),
        Err(error) => match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted => Ok(0),
            _ => Err(error),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_tcp_wait_ends_with_bytes_or_not_before_its_time() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut wire = open_tcp(&listener.local_addr().unwrap().to_string()).unwrap();
        let (mut board, _) = listener.accept().unwrap();
        let mut buffer = [0; 8];
        for millis in [0, 5, 25] {
            let (wait, before) = (Duration::from_millis(millis), wire.now());
            assert_eq!(wire.read(&mut buffer, wait).unwrap(), 0, "{millis}");
            assert!(wire.now() - before >= wait, "{millis}");
        }
        for wait in [Duration::from_millis(15), Duration::from_secs(20)] {
            board.write_all(b"byte").unwrap();
            assert_eq!(wire.read(&mut buffer, wait).unwrap(), 4);
            assert_eq!(&buffer[..4], b"byte");
            // A write waits, whatever the read before it did.
            wire.write_all(b"what?").unwrap();
            board.read_exact(&mut buffer[..5]).unwrap();
            assert_eq!(&buffer[..5], b"what?");
        }
        drop(board);
        let gone = wire.read(&mut buffer, Duration::from_secs(20)).unwrap_err();
        assert_eq!(gone.kind(), ErrorKind::UnexpectedEof);
    }
}
