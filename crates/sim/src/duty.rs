//! What a pack is used for: what is drawn from it and what charges it, second by second.
//!
//! A duty is a function of seed and time alone. Every schedule here is our own, a *guess* of what
//! such a day is like, and none of them is a cycle that is published under a name.

use cellward_params::Chemistry;

use crate::Charger;
use crate::cells::channel;
use crate::chemistry::{Figures, Limits};
use crate::house::House;
use crate::noise::Stream;

/// Seconds of a day and of an hour.
const DAY: u64 = 86_400;
const HOUR: u64 = 3_600;

/// At what second of a day a duty begins: seven in the morning.
const BEGINS: u64 = 7 * HOUR;

/// What a pack is used for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Duty {
    /// A house with a field of solar modules: about one pack's energy a day out and in again, and
    /// days that differ.
    House,
    /// A bicycle: one or two rides a day with hills and traffic lights, charged on most nights.
    Bike,
    /// A supply that stands by: for days at a voltage that is held, with outages of the mains.
    Standby,
    /// A car: town and highway, braking that charges, and a slow charger at night.
    Drive,
    /// A small constant load, for a month, and nothing that charges.
    Steady,
}

/// What hangs at the pack for a second.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Wish {
    /// What is drawn, in A; negative where braking charges.
    pub load_a: f64,
    /// What charges; 0 A is nothing.
    pub charger: Charger,
}

impl Wish {
    /// The current that flows into a pack of this voltage without a current, in V, and this
    /// resistance, in Ω; positive charges. A charger feeds the load first, gives its current while
    /// the pack is below its voltage, and holds that voltage from there on.
    #[must_use]
    pub fn amps(&self, inner_v: f64, inner_ohms: f64) -> f64 {
        let most = self.charger.current_a - self.load_a;
        if self.charger.current_a <= 0.0 {
            return most;
        }
        let held = (self.charger.voltage_v - inner_v) / inner_ohms.max(1e-9);
        held.clamp(-self.load_a, most)
    }
}

impl Duty {
    /// Every duty.
    pub const ALL: [Self; 5] = [Self::House, Self::Bike, Self::Standby, Self::Drive, Self::Steady];

    /// The stable lower-case key.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::House => "house",
            Self::Bike => "bike",
            Self::Standby => "standby",
            Self::Drive => "drive",
            Self::Steady => "steady",
        }
    }

    /// The state of charge that it usually begins with.
    #[must_use]
    pub const fn start_soc(self) -> f64 {
        match self {
            Self::House => 0.35,
            Self::Bike | Self::Drive => 0.9,
            Self::Standby => 0.8,
            Self::Steady => 0.98,
        }
    }
}

/// A duty of one pack.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    duty: Duty,
    cells: f64,
    capacity: f64,
    nominal: f64,
    absorption: f64,
    limits: Limits,
    house: House,
    days: Stream,
    moments: Stream,
}

impl Schedule {
    /// The duty of a pack of so many cells of this capacity in Ah, above 0.
    #[must_use]
    pub fn new(duty: Duty, chemistry: Chemistry, cells: u8, capacity_ah: f64, seed: u64) -> Self {
        let figures = Figures::of(chemistry);
        Self {
            duty,
            cells: f64::from(cells),
            capacity: capacity_ah,
            nominal: figures.nominal,
            absorption: figures.absorption,
            limits: figures.limits,
            house: House::new(seed),
            days: Stream::new(seed, channel::DAYS),
            moments: Stream::new(seed, channel::MOMENTS),
        }
    }

    /// What hangs at the pack in this second since the start, at seven in the morning.
    #[must_use]
    pub fn wish(&self, second: u64) -> Wish {
        let clock = second + BEGINS;
        let (day, time) = (clock / DAY, clock % DAY);
        match self.duty {
            Duty::House => self.in_house(clock),
            Duty::Bike => self.by_bike(day, time, clock),
            Duty::Standby => self.on_standby(day, time),
            Duty::Drive => self.by_car(day, time, clock),
            Duty::Steady => self.wants(0.001, 0.0, 0.0),
        }
    }

    /// Temperature around the pack in that second, in °C.
    #[must_use]
    pub fn room_c(&self, second: u64) -> f64 {
        let hours = as_float(second + BEGINS) / 3_600.0;
        let day = House::celsius(hours);
        match self.duty {
            Duty::House | Duty::Steady => day,
            Duty::Standby => 25.0,
            // Outside it is cooler, and swings twice as far.
            Duty::Bike | Duty::Drive => 15.0 + 2.0 * (day - 22.0),
        }
    }

    /// Load and charger in C, and the charger's voltage per cell.
    fn wants(&self, load: f64, charger: f64, volts: f64) -> Wish {
        Wish {
            load_a: load * self.capacity,
            charger: Charger { voltage_v: volts * self.cells, current_a: charger * self.capacity },
        }
    }

    fn in_house(&self, clock: u64) -> Wish {
        let hours = as_float(clock) / 3_600.0;
        // A pack of 1 Wh at 1 V per cell: watts are shares of its energy, and amps come from its
        // usual voltage.
        let sun = self.house.sun_watts(1.0, hours);
        let draws = self.house.draws_watts(1.0, hours);
        self.wants(draws, sun, if sun > 0.0 { self.absorption } else { self.nominal })
    }

    fn by_bike(&self, day: u64, time: u64, clock: u64) -> Wish {
        let chance = |number: u64| self.days.even(day * 16 + number);
        let ride = |start: u64, late: f64, least: u64, longer: f64, number: u64| {
            let from = start + whole(late * 60.0 * chance(number));
            let lasts = least * 60 + whole(longer * 60.0 * chance(number + 1));
            (from..from + lasts).contains(&time)
        };
        let rides = if day % 7 >= 5 {
            chance(0) < 0.7 && ride(13 * HOUR, 120.0, 60, 60.0, 1)
        } else {
            ride(7 * HOUR + 1_800, 40.0, 20, 15.0, 3) || ride(17 * HOUR, 60.0, 20, 15.0, 5)
        };
        if rides {
            // A red light now and then, hills over minutes, and legs that push in turns.
            let stands = self.moments.even(clock / 45 + (1 << 40)) < 0.15;
            let hill = 0.2 + 1.0 * self.moments.even(clock / 120 + (2 << 40));
            let push = 0.3 + 0.7 * self.moments.even(clock / 4);
            return self.wants(if stands { 0.0 } else { 0.75 * hill * push }, 0.0, 0.0);
        }
        // The night belongs to the evening before it; on a third of them nobody thinks of it.
        let evening = if time < 6 * HOUR { day.saturating_sub(1) } else { day };
        let night = !(6 * HOUR..19 * HOUR).contains(&time);
        if night && self.days.even(evening * 16 + 7) < 0.67 {
            return self.wants(0.0, 0.2, self.limits.charge);
        }
        self.wants(0.0, 0.0, 0.0)
    }

    fn on_standby(&self, day: u64, time: u64) -> Wish {
        let chance = |number: u64| self.days.even(day * 16 + number);
        // Every third day the mains are away for ten minutes to two and a half hours.
        let from = whole(as_float(21 * HOUR) * chance(1));
        let lasts = 600 + whole(8_400.0 * chance(2));
        let away = chance(0) < 0.33 && (from..from + lasts).contains(&time);
        let load = 0.12 + 0.08 * chance(3);
        if away {
            self.wants(load, 0.0, 0.0)
        } else {
            self.wants(load, load + 0.1, self.limits.standby)
        }
    }

    fn by_car(&self, day: u64, time: u64, clock: u64) -> Wish {
        let chance = |number: u64| self.days.even(day * 16 + number);
        let trip = |start: u64, number: u64| {
            let from = start + whole(1_800.0 * chance(number));
            let lasts = 1_500 + whole(1_500.0 * chance(number + 1));
            (from..from + lasts).contains(&time).then(|| time - from)
        };
        let into = trip(7 * HOUR + 900, 0).or_else(|| trip(17 * HOUR, 2));
        if let Some(into) = into {
            // Twelve minutes of town, eight of highway, and again.
            let load =
                if into % 1_200 < 720 { self.in_town(day, into) } else { self.on_highway(clock) };
            return self.wants(load, 0.0, 0.0);
        }
        if !(6 * HOUR..22 * HOUR).contains(&time) {
            return self.wants(0.0, 0.12, self.limits.charge);
        }
        // Its clocks and locks.
        self.wants(0.000_2, 0.0, 0.0)
    }

    /// A minute and a half from light to light, in C: pull away, roll, brake, stand.
    fn in_town(&self, day: u64, into: u64) -> f64 {
        let chance = |number: u64| self.moments.even((day * 1_024 + into / 90) * 8 + number);
        let pulls = 10 + whole(8.0 * chance(0));
        let rolls = 30 + whole(20.0 * chance(1));
        match into % 90 {
            time if time < pulls => 0.6 + 1.0 * chance(2),
            time if time < pulls + rolls => 0.12 + 0.25 * chance(3),
            time if time < pulls + rolls + 8 => -(0.3 + 0.6 * chance(4)),
            _ => 0.01,
        }
    }

    /// A steady pace in C, with hills and lanes that change.
    fn on_highway(&self, clock: u64) -> f64 {
        let hill = self.moments.signed(clock / 60 + (3 << 40));
        let lane = self.moments.signed(clock / 6 + (4 << 40));
        0.55 + 0.2 * hill + 0.1 * lane
    }
}

/// Seconds as a float.
#[expect(clippy::cast_precision_loss, reason = "a run is shorter than 2^52 s")]
const fn as_float(seconds: u64) -> f64 {
    seconds as f64
}

/// Whole seconds of a number that is not negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates, and nothing here is negative or as long as a week"
)]
const fn whole(seconds: f64) -> u64 {
    seconds as u64
}

#[cfg(test)]
mod tests;
