//! The ways into the simulated board: two UARTs, RS485 and Modbus TCP.
//!
//! A wire has one end, so every program that talks to the simulated board at the same time as
//! another gets a port of its own; all of them answer from the same battery.

use core::ops::Range;

use cellward_link::Framing;
use cellward_node::Line;
use cellward_params::PortId;

/// A way into the board, as it is written on its connector.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Way {
    /// The first serial line.
    Uart1,
    /// The second serial line.
    Uart2,
    /// The shared serial line.
    Rs485,
    /// Modbus over TCP, as a gateway on the board's network would give it.
    Modbus,
}

/// How many programs can use one way at the same time.
const ENDS: u8 = 6;

/// Ports of the simulated board: every end of every way.
pub const PORTS: usize = 4 * ENDS as usize;

impl Way {
    /// Every way, in the order of their ports.
    pub const ALL: [Self; 4] = [Self::Uart1, Self::Uart2, Self::Rs485, Self::Modbus];

    /// The stable lower-case key.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Uart1 => "uart1",
            Self::Uart2 => "uart2",
            Self::Rs485 => "rs485",
            Self::Modbus => "modbus",
        }
    }

    /// What frames it carries.
    #[must_use]
    pub const fn framing(self) -> Framing {
        match self {
            Self::Uart1 | Self::Uart2 | Self::Rs485 => Framing::Serial,
            Self::Modbus => Framing::ModbusTcp,
        }
    }

    /// How a sleeping board hears it.
    #[must_use]
    pub const fn line(self) -> Line {
        match self {
            Self::Uart1 | Self::Uart2 => Line::Uart,
            Self::Rs485 | Self::Modbus => Line::Bus,
        }
    }

    /// The numbers of its ports.
    #[must_use]
    pub const fn ports(self) -> Range<u8> {
        let first = self as u8 * ENDS;
        first..first + ENDS
    }

    /// Its first port.
    #[must_use]
    pub const fn first(self) -> PortId {
        PortId(self.ports().start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_port_belongs_to_one_way() {
        let ports: Vec<u8> = Way::ALL.into_iter().flat_map(Way::ports).collect();
        assert_eq!(ports, (0..u8::try_from(PORTS).unwrap()).collect::<Vec<_>>());
    }
}
