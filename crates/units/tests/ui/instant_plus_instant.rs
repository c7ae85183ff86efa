use cellward_units::Instant;

fn main() {
    let _ = Instant::START + Instant::from_micros(1);
}
