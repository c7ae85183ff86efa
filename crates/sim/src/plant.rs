//! The plant: cells, heat, the two switches with their body diodes, and the one port.
//!
//! One common port, low side: load and charger sit between B+ and P-, and both switches lie in
//! series between P- and B-. The current is solved whenever anything changes and on every whole
//! second, and is constant in between (a *segment*); see [`crate::cells`].

use cellward_params::Switch;
use cellward_params::record::Switches;
use cellward_params::{MAX_CELLS, MAX_SENSORS};
use cellward_units::{Duration, Instant};

use crate::cells::{Cells, PerCell};
use crate::port::{Port, Solved, settle};
use crate::surroundings::Surroundings;
use crate::thermal::Thermal;
use crate::web::{Gone, SINK, Web};

/// What the board takes for itself, in A, past the shunt. Source: K-series documents, 10 to 15 mA.
const OWN_AMPS: f64 = 0.010;

/// Drop over both closed switches at rated current, in V. A *guess*: 0.5 mΩ on a 200 A board.
const PATH_DROP: f64 = 0.1;

/// So near to where it will stand, in V, a capacitor counts as settled: 0.1 mAs of 20 mF.
const SETTLED: f64 = 5e-3;

/// Why a switch does not do what it is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SwitchFault {
    /// It conducts whatever it is told.
    StuckClosed,
    /// It never conducts; its body diode still does.
    StuckOpen,
}

/// Whether a switch conducts.
const fn real(commanded: bool, fault: Option<SwitchFault>) -> bool {
    match fault {
        None => commanded,
        Some(SwitchFault::StuckClosed) => true,
        Some(SwitchFault::StuckOpen) => false,
    }
}

/// The truth about the pack at one instant. For tests and pictures of the simulator itself;
/// nothing that estimates or protects may see it.
#[derive(Clone, Debug)]
pub struct Truth {
    /// State of charge of each cell; 1.0 is full.
    pub soc: Vec<f64>,
    /// Terminal voltage of each cell, V.
    pub cell_v: Vec<f64>,
    /// Capacity of each cell, Ah.
    pub capacity_ah: Vec<f64>,
    /// Current through the port, A; positive charges.
    pub current_a: f64,
    /// P- against B-, V; positive while a load pulls P- up.
    pub port_v: f64,
    /// Temperature at each cell, °C.
    pub cell_c: Vec<f64>,
    /// Temperature at the places of the sensors, °C.
    pub sensor_c: [f64; MAX_SENSORS],
    /// What the switches really are, whatever the chip believes.
    pub switches: Switches,
    /// Voltage of the capacitor at the port, V; 0 without one.
    pub capacitor_v: f64,
    /// Whether the external breaker lets current pass.
    pub breaker_closed: bool,
    /// Charge that went through the port since the start, As; positive into the pack.
    pub charge_as: f64,
    /// Electrical energy into the cells since the start, J.
    pub electrical_j: f64,
    /// Part of it that the rest voltages stored, J.
    pub stored_j: f64,
    /// Part of it that became heat, J.
    pub heat_j: f64,
}

/// The plant with its state.
#[derive(Clone, Debug)]
pub(crate) struct Plant {
    cells: Cells,
    thermal: Thermal,
    pub(crate) surroundings: Surroundings,
    /// What the chip drives the switches to.
    commanded: Switches,
    /// Faults of the charge and of the discharge switch.
    faults: [Option<SwitchFault>; 2],
    bled: u32,
    /// Resistance of both closed switches, Ω.
    path: f64,
    /// Resistance of the pre-charge path, Ω, where one is fitted.
    precharge: Option<f64>,
    /// Whether the board wants the path closed, and what is wrong with its switch.
    precharging: bool,
    precharge_fault: Option<SwitchFault>,
    sink: bool,
    /// What the board takes for itself in this segment, past the shunt, A.
    own: f64,
    breaker_open: bool,
    lead_missing: bool,
    /// Resistance in Ω of what lies between the place of a cell's lower sampling wire and the
    /// cell: the lead to B- for the first one, the joint to the cell below it for the others.
    leads: PerCell,
    /// Voltage of the capacitor at the start of the segment, V.
    stored_volts: f64,
    /// The way of the capacitor while it moves.
    moving: Option<Web>,
    /// Start of the segment.
    since: Instant,
    /// Current through the port in this segment, A.
    current: f64,
    /// P- against B- in this segment, V.
    port: f64,
    /// B+ against P- in this segment, V.
    reach: f64,
    /// Whether the charger holds its voltage in this segment.
    regulating: bool,
    charge: f64,
    electrical: f64,
    stored: f64,
    heat: f64,
}

impl Plant {
    pub(crate) fn new(
        cells: Cells,
        mut surroundings: Surroundings,
        thermal: Thermal,
        rated: f64,
    ) -> Self {
        surroundings.arrange(Instant::START);
        let mut plant = Self {
            cells,
            thermal,
            surroundings,
            commanded: Switches::OPEN,
            faults: [None; 2],
            bled: 0,
            path: PATH_DROP / rated,
            precharge: None,
            precharging: false,
            precharge_fault: None,
            sink: false,
            own: OWN_AMPS,
            breaker_open: false,
            lead_missing: false,
            leads: [0.0; MAX_CELLS],
            stored_volts: 0.0,
            moving: None,
            since: Instant::START,
            current: 0.0,
            port: 0.0,
            reach: 0.0,
            regulating: false,
            charge: 0.0,
            electrical: 0.0,
            stored: 0.0,
            heat: 0.0,
        };
        plant.cells.warm(plant.thermal.cells());
        plant.begin_segment();
        plant
    }

    /// Start of the running segment.
    pub(crate) const fn since(&self) -> Instant {
        self.since
    }

    /// Current through the port in the running segment, A; positive charges.
    pub(crate) const fn current(&self) -> f64 {
        self.current
    }

    /// P- against B- in the running segment, V.
    pub(crate) const fn port(&self) -> f64 {
        self.port
    }

    /// Terminal voltage of each cell, at most a second after the start of the segment.
    pub(crate) fn voltages(&self, now: Instant) -> PerCell {
        let decay = self.cells.decay(now.since(self.since).as_micros());
        self.cells.voltages(&decay)
    }

    /// What lies between the places of the sampling wires of each cell: its terminal voltage, and
    /// what the current through the port drops over the lead or joint below it.
    pub(crate) fn at_taps(&self, now: Instant) -> PerCell {
        let mut volts = self.voltages(now);
        for (volts, ohms) in volts.iter_mut().zip(self.leads) {
            *volts += ohms * self.current;
        }
        volts
    }

    /// Temperatures at the places of the sensors, of the switches and of the board, as of the
    /// last whole second.
    pub(crate) fn temperatures(&self) -> [f64; MAX_SENSORS + 2] {
        self.thermal.places(self.current)
    }

    /// Moves the switches, bleeds cells or lets the surroundings change, at this instant.
    pub(crate) fn change(&mut self, now: Instant, change: impl FnOnce(&mut Self)) {
        self.end_segment(now);
        change(self);
        self.surroundings.arrange(now);
        self.begin_segment();
    }

    /// Sets what the chip drives the switches to; within [`Self::change`].
    pub(crate) const fn set_switches(&mut self, switches: Switches) {
        self.commanded = switches;
    }

    /// Breaks a switch or mends it; within [`Self::change`].
    pub(crate) const fn set_switch_fault(&mut self, which: Switch, fault: Option<SwitchFault>) {
        match which {
            Switch::Charge => self.faults[0] = fault,
            Switch::Discharge => self.faults[1] = fault,
        }
    }

    /// What the switches really are.
    pub(crate) const fn switches(&self) -> Switches {
        Switches {
            charge: real(self.commanded.charge, self.faults[0]),
            discharge: real(self.commanded.discharge, self.faults[1]),
        }
    }

    /// Fits a pre-charge path of this resistance in Ω, or none; within [`Self::change`].
    pub(crate) const fn fit_precharge(&mut self, ohms: Option<f64>) {
        self.precharge = ohms;
    }

    /// Breaks the switch of the pre-charge path or mends it; within [`Self::change`].
    pub(crate) const fn set_precharge_fault(&mut self, fault: Option<SwitchFault>) {
        self.precharge_fault = fault;
    }

    /// Whether the pre-charge path is closed and whether the sink of the load detection works,
    /// as the board wants them.
    pub(crate) const fn around(&self) -> (bool, bool) {
        (self.precharging, self.sink)
    }

    /// Sets what [`Self::around`] gives; within [`Self::change`].
    pub(crate) const fn set_around(&mut self, precharging: bool, sink: bool) {
        self.precharging = precharging;
        self.sink = sink;
    }

    /// Opens or closes the external breaker; within [`Self::change`].
    pub(crate) const fn set_breaker(&mut self, open: bool) {
        self.breaker_open = open;
    }

    /// Whether the thick lead to B- is off.
    pub(crate) const fn lead_missing(&self) -> bool {
        self.lead_missing
    }

    /// Takes the thick lead to B- off or puts it on; within [`Self::change`].
    pub(crate) const fn set_lead_missing(&mut self, missing: bool) {
        self.lead_missing = missing;
    }

    /// Sets the resistance in Ω of the lead or joint below a cell; within [`Self::change`].
    pub(crate) fn set_lead_ohms(&mut self, cell: usize, ohms: f64) {
        if cell < self.cells.count() {
            self.leads[cell] = ohms;
        }
    }

    /// Sets the voltage of the capacitor at the port in V; within [`Self::change`].
    pub(crate) const fn charge_capacitor(&mut self, volts: f64) {
        self.stored_volts = volts;
    }

    /// Heat that warms one cell by 1 K, in J.
    pub(crate) const fn cell_heat(&self) -> f64 {
        self.thermal.cell_heat()
    }

    /// Whether nothing moves within the running segment but the cells.
    pub(crate) const fn is_still(&self) -> bool {
        self.moving.is_none()
    }

    /// The cells, to change them; within [`Self::change`].
    pub(crate) const fn cells_mut(&mut self) -> &mut Cells {
        &mut self.cells
    }

    /// The heat, to change it; within [`Self::change`].
    pub(crate) const fn thermal_mut(&mut self) -> &mut Thermal {
        &mut self.thermal
    }

    /// Which cells are bled.
    pub(crate) const fn bled(&self) -> u32 {
        self.bled
    }

    /// Sets which cells are bled; within [`Self::change`].
    pub(crate) const fn set_bled(&mut self, bled: u32) {
        self.bled = bled;
    }

    /// A whole second is over: heat moves on and the surroundings are looked at anew.
    pub(crate) fn whole_second(&mut self, now: Instant) {
        self.end_segment(now);
        let room = self.surroundings.ambient(now);
        let joint = self.surroundings.trouble.hot_joint;
        self.thermal.step(room, self.current, joint);
        self.surroundings.second_passed(self.reach, self.regulating, now);
        self.surroundings.arrange(now);
        self.cells.warm(self.thermal.cells());
        self.begin_segment();
    }

    fn end_segment(&mut self, now: Instant) {
        let elapsed = now.since(self.since);
        if elapsed > Duration::ZERO {
            let charge = self.charge_until(now);
            if self.moving.is_some() {
                let mean = charge / elapsed.to_secs_f64();
                self.cells.carry(mean, self.own, self.bled);
                self.stored_volts = self.gone(now).volts;
            }
            let decay = self.cells.decay(elapsed.as_micros());
            let moved = self.cells.end_segment(&decay);
            self.thermal.take(&moved.heat);
            for (cell, watts) in self.cells.leak_watts() {
                self.thermal.take_at(cell, watts * decay.seconds);
            }
            // A joint warms the cells on both of its sides; the lead warms the room.
            let squared = self.current * self.current * decay.seconds;
            for (cell, ohms) in self.leads.iter().enumerate().skip(1) {
                if *ohms > 0.0 {
                    self.thermal.take_at(cell - 1, 0.5 * squared * ohms);
                    self.thermal.take_at(cell, 0.5 * squared * ohms);
                }
            }
            self.charge += charge;
            self.electrical += moved.electrical;
            self.stored += moved.stored;
            self.heat += moved.heat.iter().sum::<f64>();
        }
        self.since = now;
    }

    fn begin_segment(&mut self) {
        self.cells.refresh();
        // The board's own supply and the bleeding currents flow anyway; they are too small to
        // be worth a place in the solution for the port.
        let port = Port {
            inner_volts: self.cells.inner_voltage(),
            inner_ohms: self.cells.inner_resistance() + self.leads.iter().sum::<f64>(),
            path_ohms: self.path,
            switches: self.switches(),
            precharge_ohms: self.precharge.filter(|_| real(self.precharging, self.precharge_fault)),
            sink: self.sink && self.switches() == Switches::OPEN,
            severed: self.breaker_open || self.lead_missing,
            devices: self.surroundings.devices(),
        };
        let (solved, moving) = if port.devices.capacitor.is_some() {
            settle_capacitor(&port, &mut self.stored_volts)
        } else {
            (settle(&port), None)
        };
        let sinks = port.sink;
        self.moving = moving;
        self.current = solved.current;
        self.port = solved.port;
        self.reach = solved.reach;
        self.regulating = solved.regulating;
        self.own = OWN_AMPS + if sinks && self.port > 0.0 { SINK } else { 0.0 };
        self.cells.carry(self.current, self.own, self.bled);
    }

    /// Where the capacitor gets to within the running segment while it moves.
    fn gone(&self, at: Instant) -> Gone {
        let seconds = at.since(self.since).to_secs_f64();
        match &self.moving {
            Some(web) => web.run(self.stored_volts, seconds),
            None => Gone { volts: self.stored_volts, charge: self.current * seconds },
        }
    }

    /// Charge through the port from the start of the running segment to an instant of it, As.
    pub(crate) fn charge_until(&self, at: Instant) -> f64 {
        self.gone(at).charge
    }

    /// Current through the port at an instant of the running segment, A; positive charges.
    pub(crate) fn current_at(&self, at: Instant) -> f64 {
        match &self.moving {
            Some(web) => web.solved(self.gone(at).volts).current,
            None => self.current,
        }
    }

    /// The truth, for tests.
    pub(crate) fn truth(&self, now: Instant) -> Truth {
        let mut later = self.clone();
        later.end_segment(now);
        let count = self.cells.count();
        Truth {
            soc: later.cells.soc().to_vec(),
            cell_v: self.voltages(now)[..count].to_vec(),
            capacity_ah: self.cells.capacity().iter().map(|c| c / 3_600.0).collect(),
            current_a: self.current,
            port_v: self.port,
            cell_c: self.thermal.cells()[..count].to_vec(),
            sensor_c: self.thermal.sensors(),
            switches: self.switches(),
            capacitor_v: match self.surroundings.devices().capacitor {
                Some(_) => later.stored_volts,
                None => 0.0,
            },
            breaker_closed: !self.breaker_open,
            charge_as: later.charge,
            electrical_j: later.electrical,
            stored_j: later.stored,
            heat_j: later.heat,
        }
    }
}

/// How the port stands with a capacitor of this voltage, and its way if it moves. One that is as
/// good as settled is set to where it will stand.
fn settle_capacitor(port: &Port<'_>, volts: &mut f64) -> (Solved, Option<Web>) {
    let web = Web::of(port, *volts >= port.lockout());
    let target = web.settled(*volts);
    let still = (target - *volts).abs() <= SETTLED;
    if still {
        *volts = target;
    }
    (web.solved(*volts), (!still).then_some(web))
}

#[cfg(test)]
mod tests;
