//! The products that a board can be: how many cells, which ports, which connectors.
//!
//! Source of everything here: the K-series operating manual, "Interface definition" and its notes
//! on product H and on NTC-B. The pin counts equal the numbers of listed signals. Where its drawing
//! mirrors a connector, the table is taken.

use crate::state::keyed;
use crate::{Config, ParamId};

/// The parameter that counts the cells in series.
const CELLS: ParamId = ParamId(1);

keyed! {
    /// A product profile: the size of a board and its way to the outside.
    pub enum Product: u8 {
        /// The reference product: up to 24 cells, two UARTs, RS485 and CAN.
        K = 0, "k";
        /// The small one: up to 16 cells and one UART.
        H = 1, "h";
    }
}

/// Fewest cells in series that any product guards.
///
/// *Guess*, the manual names none: a pack of two cells is below what the measuring chips of this
/// class are made for, and a board that is refused a pack leaves both switches open.
pub const MIN_CELLS: u8 = 3;

/// Most cells in series that any product guards.
///
/// [`crate::MAX_CELLS`] as the type of a cell count; a test holds them equal.
const MOST_CELLS: u8 = 24;

/// A way of talking to the board.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Port {
    /// The first serial line, with the wake line S1.
    Uart1,
    /// The second serial line, equal in function to the first.
    Uart2,
    /// The differential serial bus, isolated from the pack.
    Rs485,
    /// The CAN bus, on the same connector as RS485.
    Can,
}

/// One connector of a board.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Connector {
    /// Number in the manual, from 1.
    pub number: u8,
    /// What people call it.
    pub name: &'static str,
    /// Distance between two pins, in hundredths of a millimetre.
    pub pitch_hundredths_mm: u16,
    /// How it is fitted and held.
    pub mounting: Mounting,
    /// The signal of each pin in the order of the pins; `TBD` is a pin that the manual leaves open.
    pub signals: &'static [&'static str],
}

impl Connector {
    /// Number of pins.
    #[must_use]
    pub const fn pins(&self) -> usize {
        self.signals.len()
    }
}

/// How a connector is fitted on the board.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mounting {
    /// Its pins go through the board; the plug latches.
    ThroughHoleLatch,
    /// It is soldered on the surface; the plug latches.
    SurfaceLatch,
}

/// What can be ordered in addition to a product.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Options {
    /// The connector NTC-B with sensors 3 and 4. Without it those are not fitted, which is no fault.
    pub ntc_b: bool,
}

/// Why a product cannot do what was asked; nothing has changed then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ProductError {
    /// It guards fewer cells, or the count is below [`MIN_CELLS`].
    Cells {
        /// The count that was refused.
        cells: u8,
        /// Most cells that this product guards.
        most: u8,
    },
    /// It has no such port.
    NoPort(Port),
    /// It has no such sensor, or the option with it was not ordered.
    Sensors {
        /// The count that was refused.
        sensors: u8,
        /// Most sensors that can be fitted.
        most: u8,
    },
}

impl core::fmt::Display for ProductError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            Self::Cells { cells, most } => {
                write!(f, "{cells} cells are refused: it must be between {MIN_CELLS} and {most}")
            }
            Self::NoPort(port) => write!(f, "this product has no port {}", port.name()),
            Self::Sensors { sensors, most } => {
                write!(f, "{sensors} sensors are refused: it must be between 1 and {most}")
            }
        }
    }
}

impl core::error::Error for ProductError {}

impl Port {
    /// The name in print.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uart1 => "UART1",
            Self::Uart2 => "UART2",
            Self::Rs485 => "RS485",
            Self::Can => "CAN",
        }
    }
}

impl Product {
    /// Most cells in series.
    #[must_use]
    pub const fn most_cells(self) -> u8 {
        match self {
            Self::K => MOST_CELLS,
            Self::H => 16,
        }
    }

    /// Whether a pack of `cells` in series fits this product.
    ///
    /// # Errors
    ///
    /// [`ProductError::Cells`] for fewer than [`MIN_CELLS`] and for more than
    /// [`most_cells`](Self::most_cells).
    ///
    /// ```
    /// use cellward_params::Product;
    /// assert!(Product::K.accepts_cells(17).is_ok());
    /// assert!(Product::H.accepts_cells(17).is_err());
    /// ```
    pub const fn accepts_cells(self, cells: u8) -> Result<(), ProductError> {
        let most = self.most_cells();
        if cells < MIN_CELLS || cells > most {
            return Err(ProductError::Cells { cells, most });
        }
        Ok(())
    }

    /// Stores the number of cells of a pack on this product.
    ///
    /// # Errors
    ///
    /// [`ProductError::Cells`] for a count that this product does not accept; nothing changes then.
    pub fn set_cells(self, config: &mut Config, cells: u8) -> Result<(), ProductError> {
        self.accepts_cells(cells)?;
        let refused = ProductError::Cells { cells, most: self.most_cells() };
        config.set(CELLS, cells.into()).map_err(|_| refused)
    }

    /// The ports, in the order of their numbers.
    #[must_use]
    pub const fn ports(self) -> &'static [Port] {
        match self {
            Self::K => &[Port::Uart1, Port::Uart2, Port::Rs485, Port::Can],
            Self::H => &[Port::Uart1],
        }
    }

    /// Whether this product has the port, to be asked before opening it.
    ///
    /// # Errors
    ///
    /// [`ProductError::NoPort`] when it has not.
    pub fn has_port(self, port: Port) -> Result<(), ProductError> {
        if self.ports().contains(&port) { Ok(()) } else { Err(ProductError::NoPort(port)) }
    }

    /// The connectors, in the order of their numbers; `None` for `H`, of which the manual says
    /// only what differs and draws nothing.
    #[must_use]
    pub const fn connectors(self) -> Option<&'static [Connector]> {
        match self {
            Self::K => Some(K_CONNECTORS),
            Self::H => None,
        }
    }

    /// Most cell-temperature sensors with these options: two on NTC-A, two more on NTC-B.
    #[must_use]
    pub const fn most_sensors(self, options: Options) -> u8 {
        if options.ntc_b { 4 } else { 2 }
    }

    /// Whether so many cell-temperature sensors can be fitted; none at all is refused, because a
    /// pack whose heat nobody feels must not be charged or discharged.
    ///
    /// # Errors
    ///
    /// [`ProductError::Sensors`] for none and for more than
    /// [`most_sensors`](Self::most_sensors).
    pub const fn accepts_sensors(self, sensors: u8, options: Options) -> Result<(), ProductError> {
        let most = self.most_sensors(options);
        if sensors < 1 || sensors > most {
            return Err(ProductError::Sensors { sensors, most });
        }
        Ok(())
    }
}

/// The connectors of product K: K-series manual, table of the interface definition.
const K_CONNECTORS: &[Connector] = &[
    Connector {
        number: 1,
        name: "Voltage acquisition 1",
        pitch_hundredths_mm: 200,
        mounting: Mounting::ThroughHoleLatch,
        signals: &[
            "B0", "B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B9", "B10", "B11", "B12", "B13",
            "B14", "B15", "B16",
        ],
    },
    Connector {
        number: 2,
        name: "Voltage acquisition 2",
        pitch_hundredths_mm: 200,
        mounting: Mounting::ThroughHoleLatch,
        signals: &["B17", "B18", "B19", "B20", "B21", "B22", "B23", "B24"],
    },
    small(3, "NTC-A", &["NTC1", "GND", "GND", "NTC2"]),
    small(4, "UART1", &["GND", "3.3 V", "12 V", "S1", "TX", "RX"]),
    small(5, "CAN/485", &["485B", "485A", "ABGND", "CANH", "CANL"]),
    small(6, "NTC-B", &["NTC3", "GND", "GND", "NTC4"]),
    small(7, "UART2", &["GND", "3.3 V", "12 V", "S1", "TX1", "RX1"]),
    small(8, "KEY", &["KEY+", "TBD", "TBD", "KEY-"]),
    small(9, "Reserve IO", &["DO (12 V)", "G", "DI", "G", "DO (3.3 V)"]),
];

/// One of the small connectors, which are all of one make.
const fn small(number: u8, name: &'static str, signals: &'static [&'static str]) -> Connector {
    Connector { number, name, pitch_hundredths_mm: 125, mounting: Mounting::SurfaceLatch, signals }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::{String, ToString as _};
    use std::vec::Vec;

    use super::*;
    use crate::{Chemistry, Config, Fault, Level, MAX_CELLS, MAX_SENSORS, Profile};

    const WITH_NTC_B: Options = Options { ntc_b: true };
    const PLAIN: Options = Options { ntc_b: false };

    /// The connectors as one line each: number, name, pins, pitch.
    fn outline(product: Product) -> Vec<String> {
        let connectors = product.connectors().unwrap();
        let line = |one: &Connector| {
            format!("{} {} {} {}", one.number, one.name, one.pins(), one.pitch_hundredths_mm)
        };
        connectors.iter().map(line).collect()
    }

    // R-001, R-060
    #[test]
    fn product_k_is_the_reference_with_nine_connectors() {
        assert_eq!(Product::ALL.first(), Some(&Product::K));
        assert_eq!(
            outline(Product::K),
            [
                "1 Voltage acquisition 1 17 200",
                "2 Voltage acquisition 2 8 200",
                "3 NTC-A 4 125",
                "4 UART1 6 125",
                "5 CAN/485 5 125",
                "6 NTC-B 4 125",
                "7 UART2 6 125",
                "8 KEY 4 125",
                "9 Reserve IO 5 125",
            ]
        );
    }

    // R-060
    #[test]
    fn every_pin_of_a_small_connector_has_its_signal() {
        let connectors = Product::K.connectors().unwrap();
        let signals: Vec<String> =
            connectors.iter().skip(2).map(|one| one.signals.join(" ")).collect();
        assert_eq!(
            signals,
            [
                "NTC1 GND GND NTC2",
                "GND 3.3 V 12 V S1 TX RX",
                "485B 485A ABGND CANH CANL",
                "NTC3 GND GND NTC4",
                "GND 3.3 V 12 V S1 TX1 RX1",
                "KEY+ TBD TBD KEY-",
                "DO (12 V) G DI G DO (3.3 V)",
            ]
        );
        for (place, one) in connectors.iter().enumerate() {
            let latch = if place < 2 { Mounting::ThroughHoleLatch } else { Mounting::SurfaceLatch };
            assert_eq!(one.mounting, latch, "{}", one.name);
        }
    }

    // R-005
    #[test]
    fn two_sampling_connectors_carry_every_tap_of_24_cells_once() {
        let connectors = Product::K.connectors().unwrap();
        let taps: Vec<&str> =
            connectors.iter().take(2).flat_map(|one| one.signals).copied().collect();
        let expected: Vec<String> = (0..=24).map(|tap| format!("B{tap}")).collect();
        assert_eq!(taps, expected);
    }

    // R-005
    #[test]
    fn product_k_accepts_24_cells_and_refuses_25() {
        assert_eq!(Product::K.accepts_cells(24), Ok(()));
        assert_eq!(Product::K.accepts_cells(25), Err(ProductError::Cells { cells: 25, most: 24 }));
        assert_eq!(usize::from(Product::K.most_cells()), MAX_CELLS);
    }

    // R-002
    #[test]
    fn product_h_takes_16_cells_and_keeps_them_when_17_are_refused() {
        let mut config = Config::lifepo4(8);
        assert_eq!(Product::H.set_cells(&mut config, 16), Ok(()));
        assert_eq!(config.cells(), 16);
        let before = config.clone();
        let refused = Product::H.set_cells(&mut config, 17).unwrap_err();
        assert_eq!(refused, ProductError::Cells { cells: 17, most: 16 });
        assert_eq!(refused.to_string(), "17 cells are refused: it must be between 3 and 16");
        assert_eq!(config, before);
    }

    #[test]
    fn every_product_accepts_three_cells_and_refuses_two() {
        for product in Product::ALL {
            assert_eq!(product.accepts_cells(3), Ok(()));
            assert!(product.accepts_cells(2).is_err());
        }
    }

    // R-003
    #[test]
    fn product_h_has_one_uart_and_refuses_the_second() {
        assert_eq!(Product::H.ports(), [Port::Uart1]);
        assert_eq!(Product::H.has_port(Port::Uart1), Ok(()));
        let refused = Product::H.has_port(Port::Uart2).unwrap_err();
        assert_eq!(refused, ProductError::NoPort(Port::Uart2));
        assert_eq!(refused.to_string(), "this product has no port UART2");
    }

    // R-001
    #[test]
    fn every_port_of_product_k_ends_on_its_connector() {
        let connectors = Product::K.connectors().unwrap();
        let ends =
            [(Port::Uart1, "TX"), (Port::Uart2, "TX1"), (Port::Rs485, "485A"), (Port::Can, "CANH")];
        for (port, signal) in ends {
            assert_eq!(Product::K.has_port(port), Ok(()));
            let end = connectors.iter().find(|one| one.signals.contains(&signal)).unwrap();
            let name = if signal.ends_with(['A', 'H']) { "CAN/485" } else { port.name() };
            assert_eq!(end.name, name);
        }
        assert_eq!(Product::K.ports(), ends.map(|(port, _)| port));
    }

    // R-004
    #[test]
    fn sensors_three_and_four_are_fitted_with_ntc_b_alone() {
        for product in Product::ALL.iter().copied() {
            assert_eq!(product.accepts_sensors(2, PLAIN), Ok(()));
            assert_eq!(
                product.accepts_sensors(3, PLAIN),
                Err(ProductError::Sensors { sensors: 3, most: 2 })
            );
            assert_eq!(product.accepts_sensors(3, WITH_NTC_B), Ok(()));
        }
        assert_eq!(Options::default(), PLAIN);
    }

    // R-066
    #[test]
    fn one_to_four_sensors_are_accepted_and_none_is_refused() {
        for sensors in 1..=4 {
            assert_eq!(Product::K.accepts_sensors(sensors, WITH_NTC_B), Ok(()));
        }
        let refused = Product::K.accepts_sensors(0, WITH_NTC_B).unwrap_err();
        assert_eq!(refused.to_string(), "0 sensors are refused: it must be between 1 and 4");
        assert!(Product::K.accepts_sensors(5, WITH_NTC_B).is_err());
        assert_eq!(usize::from(Product::K.most_sensors(WITH_NTC_B)), MAX_SENSORS);
    }

    // R-006
    #[test]
    fn each_chemistry_has_its_number_and_loads_its_own_defaults() {
        let numbers: Vec<u8> = Chemistry::ALL.iter().map(|one| one.code()).collect();
        assert_eq!(numbers, [0, 1, 2]);
        for (number, chemistry) in [(0, Chemistry::Lfp), (1, Chemistry::Nmc), (2, Chemistry::Lto)] {
            assert_eq!(Chemistry::from_code(number), Some(chemistry));
        }
        assert_eq!(Chemistry::from_code(3), None);
        let over = |chemistry| {
            let config = Config::new(Profile::Strict, chemistry, 16);
            config.limit(Fault::CellOverVoltage, Level::Protection).unwrap().threshold
        };
        assert_eq!(
            [Chemistry::Lfp, Chemistry::Nmc, Chemistry::Lto].map(over),
            [3_650, 4_200, 2_750]
        );
    }
}
