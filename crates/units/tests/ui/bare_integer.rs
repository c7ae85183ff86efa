use cellward_units::Voltage;

fn needs_a_voltage(_: Voltage) {}

fn main() {
    needs_a_voltage(3_300);
}
