use cellward_units::{Current, Voltage};

fn main() {
    let _ = Voltage::from_millivolts(3_300) + Current::from_amps(1);
}
