//! Values without a pattern, from a seed.

use cellward_link::modbus::points::elements;
use cellward_params::coded::WhyAbout;
use cellward_params::point::POINTS;
use cellward_params::reason::{Until, Why};
use cellward_params::{
    ActiveFault, Fault, FaultList, Kind, Level, Lights, OffReason, OffReasons, Pattern, ShortText,
    Snapshot, Value,
};
use cellward_units::{Duration, NoData};

/// SplitMix64: public domain, by Sebastiano Vigna.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(crate) const fn yes(&mut self) -> bool {
        self.next() & 1 == 1
    }

    pub(crate) const fn i32(&mut self) -> i32 {
        self.next() as u32 as i32
    }

    pub(crate) fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    pub(crate) fn maybe<T>(&mut self, value: T) -> Option<T> {
        self.yes().then_some(value)
    }

    pub(crate) fn text(&mut self) -> ShortText {
        let mut text = ShortText::EMPTY;
        for _ in 0..self.below(45) {
            let letter = self.pick(&['a', 'Z', '0', ' ', '-', 'ä', '°']);
            text.push(letter);
        }
        text
    }

    fn active(&mut self) -> ActiveFault {
        let (index, value, limit) = (self.next() as u8, self.i32(), self.i32());
        ActiveFault {
            fault: self.pick(Fault::ALL),
            level: self.pick(Level::ALL),
            index: self.maybe(index),
            value: self.maybe(value),
            limit: self.maybe(limit),
        }
    }

    fn reason(&mut self) -> OffReason {
        let why = loop {
            let about = match self.below(3) {
                0 => WhyAbout::Nothing,
                1 => WhyAbout::Fault(self.pick(Fault::ALL)),
                _ => WhyAbout::Active(self.active()),
            };
            if let Some(why) = Why::from_coded((self.below(12) as u16, about)) {
                break why;
            }
        };
        let until = loop {
            let value = self.i32();
            let value = self.maybe(value);
            if let Some(until) = Until::from_coded((self.below(20) as u16, value)) {
                break until;
            }
        };
        let left = Duration::from_millis(self.next() >> 32);
        OffReason { why, until, left: self.maybe(left) }
    }

    fn pattern(&mut self) -> Pattern {
        let mut millis = || Duration::from_millis(self.next() >> 40);
        let (on, off, pause) = (millis(), millis(), millis());
        Pattern { on, off, flashes: self.next() as u8, pause }
    }
}

/// A snapshot in which every point is anything, or absent for any reason.
pub(crate) fn snapshot(seed: u64) -> Snapshot {
    let mut random = Random(seed);
    let mut snapshot = Snapshot::absent(NoData::NotYet);
    for row in POINTS {
        for index in 0..elements(row.shape) {
            let absent = random.pick(&NoData::ALL);
            let there = random.below(4) > 0;
            let (mut faults, mut reasons) = (FaultList::new(), OffReasons::new());
            let (text, lights) =
                (random.text(), Lights { green: random.pattern(), red: random.pattern() });
            let known = there.then_some(()).ok_or(absent);
            let value = match row.kind {
                Kind::Number => {
                    let number = match random.below(4) {
                        0 => i64::from(random.i32()).max(i64::from(i32::MIN) + 256),
                        1 => i64::from(i32::MAX),
                        _ => (random.next() % 60) as i64,
                    };
                    Value::Number(known.map(|()| number))
                }
                Kind::Flag => Value::Flag(known.map(|()| random.yes())),
                Kind::Word(words) => Value::Word(known.map(|()| random.pick(words).1)),
                Kind::Text => Value::Text(known.map(|()| text.as_str())),
                Kind::Faults => {
                    for _ in 0..random.pick(&[0, 1, 14, 15, 16, 79, 80]) {
                        faults.push(random.active()).expect("80 fit");
                    }
                    Value::Faults(known.map(|()| &faults))
                }
                Kind::Reasons => {
                    for _ in 0..random.pick(&[0, 1, 6, 7, 8, 47, 48]) {
                        reasons.push(random.reason()).expect("48 fit");
                    }
                    Value::Reasons(known.map(|()| &reasons))
                }
                Kind::Lights => Value::Lights(known.map(|()| &lights)),
            };
            assert!(snapshot.put(row.point, index, value), "{}", row.key);
        }
    }
    snapshot
}
