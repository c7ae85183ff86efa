//! Offering the pack's voltage at the port after an under-voltage.
//!
//! Many solar chargers and hybrid inverters start only when they see a battery. With the discharge
//! switch open they see none, so for 20 s every 10 min the pre-charge path shows it to them.
//! State machine, §6, "UV, no charger seen"; requirement R-114.

use cellward_units::{Duration, Instant, Voltage};

use super::Sight;

/// From the start of one offer to the start of the next, and from the trip to the first.
const EVERY: Duration = Duration::from_secs(600);
/// How long one offer lasts.
const LASTS: Duration = Duration::from_secs(20);
/// After this long the port must have come within half of the pack, or a load hangs at it that
/// would heat the resistor: the offer ends. *Guess*: a twentieth of a second fills nothing, and a
/// fifth of a second heats a resistor of 20 Ω at 80 V by 64 J.
const LOOK_AFTER: Duration = Duration::from_millis(200);

/// The offers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Offer {
    /// When waiting for the next offer began, or the running one did.
    since: Option<Instant>,
    running: bool,
}

impl Offer {
    /// Lets time pass. `wanted` says that nothing but an under-voltage keeps the discharge switch
    /// open and no charger has been seen. Whether the path shall conduct.
    pub(crate) fn step(&mut self, wanted: bool, sight: &Sight, now: Instant) -> bool {
        if !wanted {
            *self = Self::default();
            return false;
        }
        let since = *self.since.get_or_insert(now);
        let elapsed = now.since(since);
        if self.running {
            let loaded = elapsed >= LOOK_AFTER && is_loaded(sight);
            if elapsed >= LASTS || loaded {
                // The next one is counted from the start of this one.
                self.running = false;
            }
        } else if elapsed >= EVERY {
            self.since = Some(now);
            self.running = true;
        }
        self.running
    }

    /// When it changes next.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let length = if self.running { LASTS } else { EVERY };
        self.since.map(|since| since + length)
    }

    /// Whether an offer is running, so that every reading is needed.
    pub(crate) const fn busy(&self) -> bool {
        self.running
    }
}

/// Whether a load holds the port down although the path conducts. Without readings nothing is
/// offered.
fn is_loaded(sight: &Sight) -> bool {
    match (sight.port, sight.pack) {
        (Some(port), Some(pack)) => port > Voltage::from_microvolts(pack.as_microvolts() / 2),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use cellward_params::record::Switches;
    use cellward_units::Current;
    use std::vec::Vec;

    use super::*;

    fn sight(port_mv: i32) -> Sight {
        Sight {
            current: Some(Current::ZERO),
            port: Some(Voltage::from_millivolts(port_mv)),
            pack: Some(Voltage::from_millivolts(40_000)),
            zero_error: Some(Current::ZERO),
            charger: false,
            actual: Switches { charge: true, discharge: false },
        }
    }

    /// When the path changes within the first 25 minutes, in ms, looked at every 100 ms.
    fn edges(wanted: impl Fn(u64) -> bool, port_mv: i32) -> Vec<(u64, bool)> {
        let mut offer = Offer::default();
        let mut on = false;
        let mut edges = Vec::new();
        for millis in (0..1_500_000).step_by(100) {
            let now = Instant::from_micros(millis * 1_000);
            if offer.step(wanted(millis), &sight(port_mv), now) != on {
                on = !on;
                edges.push((millis, on));
            }
        }
        edges
    }

    //
    #[test]
    fn the_port_is_offered_for_twenty_seconds_every_ten_minutes() {
        let expected = [(600_000, true), (620_000, false), (1_200_000, true), (1_220_000, false)];
        assert_eq!(edges(|_| true, 0), expected);
    }

    #[test]
    fn a_load_at_the_port_ends_an_offer_after_a_fifth_of_a_second() {
        let expected = [(600_000, true), (600_200, false), (1_200_000, true), (1_200_200, false)];
        assert_eq!(edges(|_| true, 20_001), expected);
        assert_eq!(edges(|_| true, 20_000)[1], (620_000, false));
    }

    #[test]
    fn a_charger_ends_it_and_the_wait_starts_from_the_beginning() {
        let charger = |millis| !(605_000..610_000).contains(&millis);
        let expected = [(600_000, true), (605_000, false), (1_210_000, true), (1_230_000, false)];
        assert_eq!(edges(charger, 0), expected);
    }

    #[test]
    fn the_next_change_is_known() {
        let mut offer = Offer::default();
        assert_eq!(offer.deadline(), None);
        offer.step(true, &sight(0), Instant::START);
        assert_eq!(offer.deadline(), Some(Instant::START + EVERY));
        assert!(!offer.busy());
        offer.step(true, &sight(0), Instant::START + EVERY);
        assert!(offer.busy());
        assert_eq!(offer.deadline(), Some(Instant::START + EVERY + LASTS));
    }

    #[test]
    fn without_readings_nothing_is_offered_for_longer_than_it_takes_to_look() {
        let mut offer = Offer::default();
        let blind = Sight { port: None, ..sight(0) };
        offer.step(true, &blind, Instant::START);
        let start = Instant::START + EVERY;
        assert!(offer.step(true, &blind, start));
        assert!(!offer.step(true, &blind, start + LOOK_AFTER));
    }
}
