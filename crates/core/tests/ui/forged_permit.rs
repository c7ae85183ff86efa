use cellward_core::Permit;
use cellward_units::Instant;

fn main() {
    let _ = Permit { until: Instant::from_micros(u64::MAX), newly: true };
}
