//! Where a board is: `serial:/dev/ttyUSB0?baud=9600` or `tcp:192.0.2.7:8421`, parsed and checked.

use std::fmt;
use std::str::FromStr;

use crate::board::Dialect;

/// The address of one board.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeviceUrl {
    /// The wire that leads there.
    pub wire: Wire,
    /// Board number on the wire, 1 to 16.
    pub board: u8,
    /// The host address to speak with; `None` finds out which the board answers.
    pub host: Option<u8>,
    /// What the board speaks; `None` finds out.
    pub dialect: Option<Dialect>,
    /// What a positive current of this board means; `None` takes what boards of its dialect do.
    pub positive: Option<Positive>,
}

/// What a positive current means on a wire.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Positive {
    /// It charges.
    Charge,
    /// It discharges.
    Discharge,
}

/// A wire.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wire {
    /// A serial port, 8 data bits, no parity, 1 stop bit.
    Serial {
        /// Path of the device.
        path: String,
        /// Bits per second.
        baud: u32,
    },
    /// A simulated board in this process, in virtual time.
    Sim,
    /// A TCP port that passes bytes on.
    Tcp {
        /// Name or address and port, as in `host:port`.
        address: String,
    },
}

/// Why a text is no device address.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceUrlError {
    /// It starts with no scheme that we know.
    #[error("{0:?} is no device address: write serial:/dev/ttyUSB0, tcp:host:port or sim:")]
    Scheme(String),
    /// The serial path is missing.
    #[error("the path of the serial port is missing: write serial:/dev/ttyUSB0")]
    NoPath,
    /// The TCP address is not `host:port`.
    #[error("{0:?} is no TCP address: write tcp:host:port with a port from 1 to 65535")]
    TcpAddress(String),
    /// An option that does not exist for this wire.
    #[error(
        "there is no device option {0:?}: options are baud (serial only), board, host, dialect and positive"
    )]
    UnknownOption(String),
    /// An option whose value is wrong.
    #[error("{value:?} is no value for the device option {option}: it must be {expected}")]
    OptionValue {
        /// The option.
        option: &'static str,
        /// What was written.
        value: String,
        /// What may be written.
        expected: &'static str,
    },
    /// A board number in a dialect that has none.
    #[error("boards that speak d2 have no numbers: leave the device option board out")]
    NoNumbers,
}

impl FromStr for DeviceUrl {
    type Err = DeviceUrlError;

    fn from_str(text: &str) -> Result<Self, DeviceUrlError> {
        let (place, options) = text.split_once('?').unwrap_or((text, ""));
        let wire = match place.split_once(':') {
            Some(("serial", "")) => return Err(DeviceUrlError::NoPath),
            Some(("serial", path)) => Wire::Serial { path: path.to_owned(), baud: 9_600 },
            Some(("sim", "")) => Wire::Sim,
            Some(("tcp", address)) => Wire::Tcp { address: tcp_address(address)? },
            _ => return Err(DeviceUrlError::Scheme(text.to_owned())),
        };
        let mut url = Self { wire, board: 1, host: None, dialect: None, positive: None };
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            url.set(name, value)?;
        }
        if url.dialect == Some(Dialect::D2) && url.board > 1 {
            return Err(DeviceUrlError::NoNumbers);
        }
        Ok(url)
    }
}

impl DeviceUrl {
    fn set(&mut self, name: &str, value: &str) -> Result<(), DeviceUrlError> {
        let wrong = |option, expected| DeviceUrlError::OptionValue {
            option,
            value: value.to_owned(),
            expected,
        };
        match (name, &mut self.wire) {
            ("baud", Wire::Serial { baud, .. }) => {
                *baud = value
                    .parse()
                    .ok()
                    .filter(|baud| (300..=4_000_000).contains(baud))
                    .ok_or_else(|| wrong("baud", "a number from 300 to 4000000"))?;
            }
            ("board", _) => {
                self.board = value
                    .parse()
                    .ok()
                    .filter(|board| (1..=16).contains(board))
                    .ok_or_else(|| wrong("board", "a number from 1 to 16"))?;
            }
            ("host", _) => {
                let number = match value.strip_prefix("0x") {
                    Some(hex) => u8::from_str_radix(hex, 16).ok(),
                    None => value.parse().ok(),
                };
                let host = number
                    .filter(|&host| cellward_wire::a5::addressed_board(host).is_some())
                    .ok_or_else(|| wrong("host", "0x40 to 0x4f, 0x80 or 0x20"))?;
                self.host = Some(host);
            }
            ("dialect", _) => {
                let dialect = Dialect::from_key(value);
                self.dialect = Some(
                    dialect.ok_or_else(|| wrong("dialect", "a5, d2, p81, modbus or modbus-tcp"))?,
                );
            }
            ("positive", _) => {
                self.positive = Some(match value {
                    "charge" => Positive::Charge,
                    "discharge" => Positive::Discharge,
                    _ => return Err(wrong("positive", "charge or discharge")),
                });
            }
            _ => return Err(DeviceUrlError::UnknownOption(name.to_owned())),
        }
        Ok(())
    }
}

/// Checks `host:port`; an IPv6 host stands in brackets.
fn tcp_address(address: &str) -> Result<String, DeviceUrlError> {
    let address = address.strip_prefix("//").unwrap_or(address);
    let wrong = || DeviceUrlError::TcpAddress(address.to_owned());
    let (host, port) = address.rsplit_once(':').ok_or_else(wrong)?;
    let port: u16 = port.parse().map_err(|_| wrong())?;
    // A slash is no part of a name; it would be taken off where the address is read again.
    if host.is_empty() || host.contains('/') || port == 0 {
        return Err(wrong());
    }
    Ok(address.to_owned())
}

impl fmt::Display for DeviceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.wire {
            Wire::Serial { path, .. } => write!(f, "serial:{path}"),
            Wire::Tcp { address } => write!(f, "tcp:{address}"),
            Wire::Sim => f.write_str("sim:"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> DeviceUrl {
        text.parse().unwrap()
    }

    fn refused(text: &str) -> String {
        text.parse::<DeviceUrl>().unwrap_err().to_string()
    }

    #[test]
    fn a_serial_port_has_9600_baud_unless_it_says_otherwise() {
        let wire = |baud| Wire::Serial { path: "/dev/pts/3".to_owned(), baud };
        assert_eq!(parsed("serial:/dev/pts/3").wire, wire(9_600));
        let full = parsed("serial:/dev/pts/3?baud=115200&board=2&host=0x41");
        assert_eq!(full.wire, wire(115_200));
        assert_eq!((full.board, full.host), (2, Some(0x41)));
    }

    #[test]
    fn tcp_takes_names_and_bracketed_addresses() {
        for address in ["localhost:8421", "127.0.0.1:1", "[::1]:65535"] {
            let wire = Wire::Tcp { address: address.to_owned() };
            assert_eq!(parsed(&format!("tcp:{address}")).wire, wire);
            assert_eq!(parsed(&format!("tcp://{address}")).wire, wire);
        }
    }

    #[test]
    fn the_place_that_is_shown_can_be_typed() {
        for place in ["sim:", "serial:/dev/pts/3", "tcp:localhost:8421", "tcp:[::1]:1"] {
            assert_eq!(parsed(place).to_string(), place);
        }
        assert_eq!(parsed("tcp://a:1").to_string(), "tcp:a:1");
        assert!(refused("tcp:////a:1").contains("no TCP address"));
    }

    #[test]
    fn what_is_wrong_is_said_in_one_sentence() {
        assert!(refused("/dev/ttyUSB0").contains("write serial:/dev/ttyUSB0"));
        assert!(refused("serial:").contains("path of the serial port is missing"));
        assert!(refused("tcp:localhost").contains("no TCP address"));
        assert!(refused("tcp:localhost:0").contains("port from 1 to 65535"));
        assert!(refused("tcp:localhost:70000").contains("no TCP address"));
        assert!(refused("serial:/x?baud=fast").contains("300 to 4000000"));
        assert!(refused("tcp:a:1?baud=9600").contains("no device option \"baud\""));
        assert!(refused("serial:/x?board=17").contains("1 to 16"));
        assert!(refused("serial:/x?host=0x30").contains("0x40 to 0x4f"));
        assert!(refused("serial:/x?board=2&dialect=d2").contains("d2 have no numbers"));
        assert!(refused("serial:/x?dialect=d2&board=2").contains("d2 have no numbers"));
        assert_eq!(parsed("serial:/x?dialect=d2&board=1").board, 1);
        assert!(refused("serial:/x?parity=odd").contains("no device option \"parity\""));
    }
}
