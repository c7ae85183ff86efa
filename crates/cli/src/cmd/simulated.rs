//! A simulated board as a device: the same bytes as over a wire, in virtual time.

use std::io;
use std::time::Duration;

use cellward_host::{Dialect, Transport};
use cellward_params::PortId;
use cellward_sim::{Setup, SetupError, Sim, Way};
use cellward_units as units;

/// What is spoken with a simulated board unless the device address says otherwise: its own map,
/// which knows everything.
pub(super) const DIALECT: Dialect = Dialect::ModbusTcp;

/// How long the board has been running when it is first asked: past its self-test.
const SETTLED: units::Duration = units::Duration::from_secs(5);

/// A board with its pack, and one of its ports.
struct Simulated {
    sim: Sim,
    port: PortId,
}

/// A board on its own, as the demonstration begins.
pub(super) fn open(dialect: Option<Dialect>) -> Result<Box<dyn Transport>, SetupError> {
    let mut sim = Sim::new(Setup::default())?;
    let settled = sim.now() + SETTLED;
    sim.run_jumping(settled);
    let way = match dialect.unwrap_or(DIALECT) {
        Dialect::ModbusTcp => Way::Modbus,
        Dialect::A5 | Dialect::D2 | Dialect::P81 | Dialect::Modbus => Way::Uart1,
    };
    Ok(Box::new(Simulated { sim, port: way.first() }))
}

impl Transport for Simulated {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let now = self.sim.now();
        self.sim.node_mut().receive(self.port, bytes, now);
        Ok(())
    }

    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> io::Result<usize> {
        let count = self.sim.node_mut().transmit(self.port, buffer);
        if count == 0 {
            let micros = u64::try_from(timeout.as_micros()).unwrap_or(u64::MAX);
            let until = self.sim.now() + units::Duration::from_micros(micros);
            self.sim.run_jumping(until);
            self.sim.node_mut().pass_line_time(until);
        }
        Ok(count)
    }

    fn now(&self) -> Duration {
        Duration::from_micros(self.sim.now().as_micros())
    }
}
