use cellward_units::Temperature;

fn main() {
    let _ = Temperature::from_celsius(20) + Temperature::from_celsius(20);
}
