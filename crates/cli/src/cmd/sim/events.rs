//! Events of a scenario as lines of JSON.

use cellward_host::json;
use cellward_params::record::Switches;
use cellward_sim::Event;
use cellward_units::Instant;
use serde_json::{Value as Json, json};

/// One event as one JSON object. Records are those of the page and of `read`; the others have
/// `at_ms`, `kind` and the keys of the points that they are about. `at_us` is there where the time
/// is known to the microsecond.
pub(super) fn line(event: &Event) -> Json {
    match event {
        Event::Record(record) => Json::Object(json::record(record)),
        Event::Moved { at, switches } => {
            let Switches { charge, discharge } = *switches;
            json!({
                "at_ms": millis(*at),
                "at_us": at.as_micros(),
                "kind": "switches_moved",
                "charge_switch_closed": charge,
                "discharge_switch_closed": discharge,
            })
        }
        Event::Commanded { at, switches } => {
            let Switches { charge, discharge } = *switches;
            json!({
                "at_ms": millis(*at),
                "kind": "switches_commanded",
                "charge_switch_commanded": charge,
                "discharge_switch_commanded": discharge,
            })
        }
        Event::Answered { at, asked, result } => json!({
            "at_ms": millis(*at),
            "kind": "answer",
            "asked": asked,
            "answer": Event::answer_key(result),
            "text": result.map_or_else(|refusal| refusal.to_string(), |()| "done".to_owned()),
        }),
        // A kind of event that this page does not know yet is told in words.
        other => json!({ "at_ms": millis(other.at()), "kind": "other", "text": other.to_string() }),
    }
}

const fn millis(at: Instant) -> u64 {
    at.as_micros() / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use cellward_params::Refusal;

    #[test]
    fn a_move_of_the_switches_is_told_with_the_keys_of_the_points() {
        let at = Instant::from_micros(2_000_150);
        let switches = Switches { charge: true, discharge: false };
        let told = line(&Event::Moved { at, switches }).to_string();
        assert_eq!(
            told,
            "{\"at_ms\":2000,\"at_us\":2000150,\"kind\":\"switches_moved\",\
             \"charge_switch_closed\":true,\"discharge_switch_closed\":false}"
        );
    }

    #[test]
    fn a_refusal_is_told_by_its_key_and_in_words() {
        let at = Instant::from_micros(0);
        let result = Err(Refusal::NotSupported);
        let told = line(&Event::Answered { at, asked: "set_soc".to_owned(), result });
        assert_eq!(told["answer"], "not_supported");
        assert_eq!(told["text"], "this board cannot do that");
    }
}
