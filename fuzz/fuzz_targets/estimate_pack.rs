//! The estimator from a damaged saved state and through arbitrary readings: whatever it is told, its charge
//! lies between its bounds, everything it tells is a number that can be, and what it keeps is read again.
#![no_main]

use cellward_cell::Profile;
use cellward_estimate::{CellLimits, Pack, Reading, Resistances, Saved};
use cellward_units::{
    Charge, Current, Duration, Energy, Instant, NoData, Power, Ratio, Temperature, Voltage,
};

const CELLS: usize = 4;
const LIMITS: CellLimits = CellLimits {
    lowest: Voltage::from_millivolts(2_500),
    highest: Voltage::from_millivolts(4_200),
};

/// Any number of the sensor's, wild or likely, as its first bit says.
fn value(word: [u8; 2], likely: (i32, i32), wild: i32) -> i32 {
    let raw = i16::from_le_bytes(word);
    if raw & 1 == 0 {
        let (low, high) = likely;
        // By halves, so that nothing overflows.
        low + (i32::from(raw) + 32_768) / 2 * ((high - low) / 32) / 1_024
    } else {
        i32::from(raw).saturating_mul(wild)
    }
}

fn sane(pack: &Pack<'_>) {
    let belief = pack.belief();
    let ratios = [Ratio::ZERO, belief.low, belief.soc, belief.high, Ratio::ONE];
    assert!(ratios.is_sorted(), "{belief:?}");
    assert!(belief.health > Ratio::ZERO && belief.resistance > Ratio::ZERO, "{belief:?}");
    assert!(belief.health_within >= Ratio::ZERO, "{belief:?}");
    assert!(belief.first_empty < CELLS && belief.first_full < CELLS, "{belief:?}");
    for cell in 0..CELLS {
        let cell = pack.cell(cell).expect("there are four");
        assert!((Ratio::ZERO..=Ratio::ONE).contains(&cell.soc), "{cell:?}");
        assert!(cell.health > Ratio::ZERO && cell.resistance > Ratio::ZERO, "{cell:?}");
    }
    assert_eq!(pack.cell(CELLS), None);
    let reserve = pack.reserve();
    assert!(reserve.left >= Energy::ZERO && reserve.missing >= Energy::ZERO, "{reserve:?}");
    assert!(reserve.to_empty.is_none() || reserve.to_full.is_none(), "{reserve:?}");
    for temperature in [-40_000, 25_000, 200_000].map(Temperature::from_millicelsius) {
        let power = pack.ten_seconds(&LIMITS, temperature);
        for rating in [power.charge, power.discharge] {
            assert!(rating.power >= Power::ZERO && rating.current >= Current::ZERO, "{power:?}");
        }
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let [which, kept, rest @ ..] = data else {
        return;
    };
    let profile = [&Profile::LFP, &Profile::NMC, &Profile::LTO][usize::from(which % 3)];
    let rated = Charge::from_milliamp_hours(100_000);
    let age = [None, Some(Duration::ZERO), Some(Duration::from_secs(u64::MAX / 1_000_000))];
    let age = age[usize::from(which / 3 % 3)];
    let (kept, script) = rest.split_at(usize::from(*kept).min(rest.len()));
    let charge = [None, Some(Ratio::ZERO), Some(Ratio::ONE), Some(Ratio::from_permille(500))];
    let mut pack =
        Pack::new(profile, rated, CELLS, charge[usize::from(which / 9 % 4)]).expect("four");
    if !kept.is_empty() {
        // Damage to what is kept: place and bits.
        let mut bytes = pack.saved().expect("there is a hypothesis").as_bytes().to_vec();
        for damage in kept.chunks_exact(2) {
            let place = usize::from(damage[0]) % bytes.len();
            bytes[place] ^= damage[1];
        }
        let saved = Saved::from_bytes(&bytes);
        if let Some(other) =
            saved.and_then(|saved| Pack::restored(profile, rated, CELLS, &saved, age))
        {
            pack = other;
        }
    }
    let mut leads = Resistances::new(rated, CELLS).expect("four cells");
    let mut now = Instant::START;
    sane(&pack);
    for event in script.chunks_exact(8) {
        let &[kind, times, v0, v1, i0, i1, t, spread] = event else {
            return;
        };
        let millivolts = value([v0, v1], (1_500, 4_300), 1_000);
        let mut cells = [Voltage::from_millivolts(millivolts); CELLS];
        let apart = i32::from(spread.cast_signed());
        cells[usize::from(kind) % CELLS] =
            Voltage::from_millivolts(millivolts.saturating_add(apart));
        let current = Current::from_milliamps(value([i0, i1], (-200_000, 200_000), 600));
        let lasted = [
            Duration::ZERO,
            Duration::from_millis(100),
            Duration::from_secs(1),
            Duration::from_secs(60),
            Duration::from_secs(86_400 * 365),
            Duration::from_micros(u64::MAX),
        ];
        let reading = Reading {
            cells: (kind & 0x10 == 0).then_some(&cells[..CELLS - usize::from(kind & 0x20 != 0)]),
            current: (kind & 0x40 == 0).then_some(current),
            temperature: Temperature::from_millicelsius(i32::from(t.cast_signed()) * 2_000),
            lasted: lasted[usize::from(kind % 8).min(5)],
        };
        for _ in 0..times % 64 {
            pack.sample(&reading);
        }
        now += reading.lasted;
        let taps = cells.map(|cell| if kind & 0x20 == 0 { Ok(cell) } else { Err(NoData::NotYet) });
        leads.sample(&taps, reading.current.ok_or(NoData::NotYet), now);
        if kind & 0x80 != 0 {
            pack.bled(usize::from(kind % 8), Charge::from_milliamp_hours(apart));
            pack.zero_learnt(current);
        }
        sane(&pack);
    }
    let saved = pack.saved().expect("there is a hypothesis");
    assert_eq!(Saved::from_bytes(saved.as_bytes()).as_ref(), Some(&saved));
    let again = Pack::restored(profile, rated, CELLS, &saved, Some(Duration::ZERO));
    sane(&again.expect("the same number of cells"));
});
