//! Bytes to and from a board: a blocking port with a time limit on every call.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use serial2::{SerialPort, Settings};

use crate::device::{DeviceUrl, Wire};

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
        self.port.set_read_timeout(at_least_a_millisecond(timeout))?;
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
        let timeout = at_least_a_millisecond(timeout);
        self.stream.set_read_timeout(Some(timeout))?;
        came(self.stream.read(buffer))
    }

    fn now(&self) -> Duration {
        self.clock.elapsed()
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
