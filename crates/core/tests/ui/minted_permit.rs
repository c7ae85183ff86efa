use cellward_core::Permit;
use cellward_units::Instant;

fn main() {
    let _ = Permit::mint(Instant::START, true, Instant::START);
}
