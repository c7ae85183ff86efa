//! What hangs on the one port: sun and solar charger, household, story devices, injected trouble.
//!
//! Everything here is looked at once per simulated second, on the grid, or when a story or a
//! person changes it; between two such moments it stands still.

use cellward_units::Instant;

use crate::chemistry::Figures;
use crate::house::House;
use crate::story::Change;

/// A charger with a voltage and a current that it will not exceed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Charger {
    /// Voltage between B+ and P- at which it regulates, in V.
    pub voltage_v: f64,
    /// Largest current, in A, as a positive number; 0 is no charger at all.
    pub current_a: f64,
}

/// A capacitor at the input of what hangs at the port, such as an inverter's.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Capacitor {
    /// Capacitance in F, above 0. An inverter of a few kW has about 0.02.
    pub farads: f64,
    /// Its own resistance and that of its leads, in Ω; less than 0.001 counts as 0.001.
    pub ohms: f64,
}

/// Everything at the port during one segment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Devices {
    /// Voltage at which the charger regulates, in V.
    pub(crate) charger_volts: f64,
    /// Largest current of the charger in A; 0 without one.
    pub(crate) charger_amps: f64,
    /// Largest power of the charger in W; infinite for one that hangs on the mains.
    pub(crate) charger_watts: f64,
    /// Plain load in A; it pulls P- up when the path is open.
    pub(crate) load_amps: f64,
    /// Electronic load in W; it stops, and lets P- go, when it is not fed.
    pub(crate) load_watts: f64,
    /// Resistance of a plain resistor in Ω.
    pub(crate) load_ohms: Option<f64>,
    /// Voltage of a source that is connected the wrong way round, in V.
    pub(crate) reversed_volts: Option<f64>,
    /// Resistance of a short circuit in Ω.
    pub(crate) short_ohms: Option<f64>,
    /// What has to be charged before anything works.
    pub(crate) capacitor: Option<Capacitor>,
}

/// Resistance of an injected short circuit with its leads, in Ω. A *guess* of what a dropped
/// spanner is like.
const SHORT_OHMS: f64 = 0.004;

/// Smallest resistance of a plain resistor, in Ω.
const LEAST_OHMS: f64 = 1e-3;

/// How long a solar charger absorbs before it floats, in s. Two hours is the usual default.
const ABSORPTION_SECONDS: u32 = 7_200;

/// How long a battery inverter watches a good voltage before it starts, in s. A *guess*.
const INVERTER_WAIT: u32 = 10;

/// Switches of the injected trouble that acts on the port or on the places around the cells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Trouble {
    pub(crate) short: bool,
    pub(crate) charger_too_high: bool,
    pub(crate) load_too_big: bool,
    pub(crate) hot_joint: bool,
}

/// The surroundings with their state.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    figures: &'static Figures,
    cells: f64,
    /// Energy of the pack in Wh, the measure of field and household.
    energy: f64,
    /// Rated current of the board in A.
    rated: f64,
    /// Largest continuous charge current of the pack in A.
    charge_limit: f64,
    start_hour: f64,
    house: House,
    solar: bool,
    household: bool,
    charger: Charger,
    load_amps: f64,
    load_watts: f64,
    load_ohms: Option<f64>,
    capacitor: Option<Capacitor>,
    reversed_volts: Option<f64>,
    ambient: Option<f64>,
    pub(crate) trouble: Trouble,
    absorbed: u32,
    inverter_on: bool,
    inverter_good: u32,
    devices: Devices,
}

/// What [`Surroundings::new`] has to know.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) figures: &'static Figures,
    pub(crate) cells: f64,
    pub(crate) amp_hours: f64,
    pub(crate) rated: f64,
    pub(crate) charge_limit: f64,
    pub(crate) start_hour: f64,
    pub(crate) seed: u64,
}

impl Surroundings {
    pub(crate) fn new(place: &Place) -> Self {
        Self {
            figures: place.figures,
            cells: place.cells,
            energy: place.cells * place.figures.nominal * place.amp_hours,
            rated: place.rated,
            charge_limit: place.charge_limit,
            start_hour: place.start_hour,
            house: House::new(place.seed),
            solar: false,
            household: false,
            charger: Charger { voltage_v: 0.0, current_a: 0.0 },
            load_amps: 0.0,
            load_watts: 0.0,
            load_ohms: None,
            capacitor: None,
            reversed_volts: None,
            ambient: None,
            trouble: Trouble::default(),
            absorbed: 0,
            inverter_on: false,
            inverter_good: 0,
            devices: Devices::default(),
        }
    }

    /// Carries a change of a story out; [`Self::arrange`] makes it felt.
    pub(crate) fn change(&mut self, change: &Change) {
        match *change {
            Change::LoadAmps(amps) => self.load_amps = amps,
            Change::LoadWatts(watts) => self.load_watts = watts,
            Change::Charger(charger) => self.charger = charger,
            Change::Ambient(celsius) => self.ambient = Some(celsius),
            Change::Solar(there) => self.solar = there,
            Change::Household(there) => self.household = there,
            // Everything else does not hang on the port.
            _ => {}
        }
    }

    /// Hangs a plain resistor at the port, in Ω, or takes it off.
    pub(crate) const fn set_load_ohms(&mut self, ohms: Option<f64>) {
        self.load_ohms = match ohms {
            Some(ohms) => Some(ohms.max(LEAST_OHMS)),
            None => None,
        };
    }

    /// Hangs a source of this voltage in V at the port the wrong way round, or takes it off.
    pub(crate) const fn set_reversed(&mut self, volts: Option<f64>) {
        self.reversed_volts = volts;
    }

    /// Hangs a capacitor at the port, or takes it off.
    pub(crate) const fn set_capacitor(&mut self, capacitor: Option<Capacitor>) {
        self.capacitor = match capacitor {
            Some(capacitor) if capacitor.farads > 0.0 => Some(capacitor),
            _ => None,
        };
    }

    /// Hours since midnight of the first day.
    pub(crate) fn hours(&self, now: Instant) -> f64 {
        self.start_hour + now.since(Instant::START).to_secs_f64() / 3_600.0
    }

    /// Temperature around the pack in °C: as the story says; else 22 ± 4 °C over the day where
    /// there is a sun, warmest at three, and 25 °C on the bench.
    pub(crate) fn ambient(&self, now: Instant) -> f64 {
        match self.ambient {
            Some(celsius) => celsius,
            None if self.solar => House::celsius(self.hours(now)),
            None => 25.0,
        }
    }

    /// The devices at the port, as last arranged.
    pub(crate) const fn devices(&self) -> &Devices {
        &self.devices
    }

    /// One second has passed: chargers and inverters count it. `port` is the voltage between B+
    /// and P- in V; `regulating` whether the charger held its voltage.
    pub(crate) fn second_passed(&mut self, port: f64, regulating: bool, now: Instant) {
        if self.sun_watts(now) <= 0.0 {
            self.absorbed = 0;
        } else if regulating {
            self.absorbed = self.absorbed.saturating_add(1);
        }
        let per_cell = port / self.cells;
        if self.inverter_on {
            self.inverter_on = per_cell >= self.figures.inverter_stop;
            self.inverter_good = 0;
        } else if per_cell >= self.figures.inverter_start {
            self.inverter_good = self.inverter_good.saturating_add(1);
            self.inverter_on = self.inverter_good >= INVERTER_WAIT;
        } else {
            self.inverter_good = 0;
        }
    }

    /// Looks at everything anew and remembers it as [`Self::devices`].
    pub(crate) fn arrange(&mut self, now: Instant) {
        let mut devices = Devices {
            charger_volts: self.charger.voltage_v,
            charger_amps: self.charger.current_a,
            charger_watts: f64::INFINITY,
            load_amps: self.load_amps,
            load_watts: self.load_watts,
            load_ohms: self.load_ohms,
            // What is the wrong way round hangs there alone.
            capacitor: self.capacitor.filter(|_| self.reversed_volts.is_none()),
            reversed_volts: self.reversed_volts,
            short_ohms: self.trouble.short.then_some(SHORT_OHMS),
        };
        if self.household && self.inverter_on {
            devices.load_watts += self.household_watts(now);
        }
        let sun = self.sun_watts(now);
        if self.trouble.charger_too_high {
            devices.charger_volts = self.cells * self.figures.too_high;
            devices.charger_amps = 0.95 * self.charge_limit;
        } else if self.charger.current_a <= 0.0 && sun > 0.0 {
            let per_cell = if self.absorbed < ABSORPTION_SECONDS {
                self.figures.absorption
            } else {
                self.figures.float
            };
            devices.charger_volts = self.cells * per_cell;
            // A charger chosen for this pack: below what pack and board bear for ever.
            devices.charger_amps = 0.9 * self.charge_limit;
            devices.charger_watts = sun;
        }
        if self.trouble.load_too_big {
            // So big that the pack gives this whatever a charger adds; counted at a low voltage,
            // which makes it rather more than less.
            let low = self.cells * self.figures.inverter_stop;
            let added = devices.charger_amps.min(devices.charger_watts / low);
            devices.load_amps += 1.3 * self.rated + added;
        }
        self.devices = devices;
    }

    /// What the field delivers now, in W.
    fn sun_watts(&self, now: Instant) -> f64 {
        if self.solar { self.house.sun_watts(self.energy, self.hours(now)) } else { 0.0 }
    }

    /// What the household draws now, in W.
    fn household_watts(&self, now: Instant) -> f64 {
        let watts = self.house.draws_watts(self.energy, self.hours(now));
        watts.min(0.8 * self.rated * self.cells * self.figures.nominal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cellward_params::Chemistry;
    use cellward_units::Duration;

    fn house(seed: u64) -> Surroundings {
        let mut house = Surroundings::new(&Place {
            figures: Figures::of(Chemistry::Lfp),
            cells: 16.0,
            amp_hours: 280.0,
            rated: 200.0,
            charge_limit: 100.0,
            start_hour: 0.0,
            seed,
        });
        house.change(&Change::Solar(true));
        house.change(&Change::Household(true));
        house
    }

    fn minute(minute: u64) -> Instant {
        Instant::START + Duration::from_secs(60 * minute)
    }

    #[test]
    fn the_first_day_brings_more_than_the_house_draws_and_the_night_brings_nothing() {
        for seed in 0..20 {
            let house = house(seed);
            let (mut sun, mut drawn) = (0.0, 0.0);
            for m in 0..1_440 {
                sun += house.sun_watts(minute(m)) / 60.0;
                drawn += house.household_watts(minute(m)) / 60.0;
            }
            assert!(sun > 1.1 * drawn, "{sun} {drawn}");
            assert!((0.9..1.15).contains(&(drawn / house.energy)), "{drawn}");
            assert!(house.sun_watts(minute(60)).abs() < 1e-12);
        }
    }

    #[test]
    fn an_inverter_starts_only_after_ten_good_seconds_and_stops_at_once_when_low() {
        let mut house = house(1);
        for _ in 0..9 {
            house.second_passed(52.0, false, minute(0));
        }
        assert!(!house.inverter_on);
        house.second_passed(52.0, false, minute(0));
        assert!(house.inverter_on);
        house.second_passed(50.0, false, minute(0));
        assert!(!house.inverter_on);
    }

    #[test]
    fn a_charger_that_is_too_high_charges_at_night_too() {
        let mut house = house(1);
        house.trouble.charger_too_high = true;
        house.arrange(minute(0));
        assert!((house.devices().charger_volts - 64.0).abs() < 1e-9);
        assert!((house.devices().charger_amps - 95.0).abs() < 1e-9);
        house.trouble.charger_too_high = false;
        house.arrange(minute(0));
        assert!(house.devices().charger_amps.abs() < 1e-12);
    }

    #[test]
    fn a_load_that_is_too_big_is_too_big_at_noon_too() {
        let mut house = house(1);
        house.trouble.load_too_big = true;
        house.arrange(minute(0));
        assert!((house.devices().load_amps - 260.0).abs() < 1e-9);
        house.arrange(minute(720));
        let net = house.devices().load_amps - house.devices().charger_watts / 50.1;
        assert!((259.0..270.0).contains(&net), "{net}");
    }

    #[test]
    fn a_solar_charger_floats_after_two_hours_at_its_voltage_and_begins_anew_next_day() {
        let mut house = house(1);
        let noon = minute(720);
        for _ in 0..7_200 {
            house.second_passed(55.2, true, noon);
        }
        house.arrange(noon);
        assert!((house.devices().charger_volts - 54.0).abs() < 1e-9);
        house.second_passed(52.0, false, minute(1_300));
        house.arrange(minute(720 + 1_440));
        assert!((house.devices().charger_volts - 55.2).abs() < 1e-9);
    }
}
