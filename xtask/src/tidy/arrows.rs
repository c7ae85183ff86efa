//! Which crate may use which: the table of ARCHITECTURE.md, checked on the resolved graph.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_json::Value;

/// Crates that must stay `no_std`, without alloc, without I/O and without a clock.
const GROUND_FLOOR: [&str; 10] =
    ["units", "params", "cell", "estimate", "core", "wire", "link", "afe", "journal", "node"];

/// What each crate may use of ours. The ground-floor list is written out for `node` and `sim`.
const ARROWS: &[(&str, &[&str])] = &[
    ("units", &[]),
    ("params", &["units"]),
    ("cell", &["units"]),
    ("estimate", &["units", "cell"]),
    ("core", &["units", "params", "cell", "estimate"]),
    ("wire", &["units"]),
    ("link", &["units", "params", "wire"]),
    ("afe", &["units"]),
    ("journal", &["units", "params"]),
    ("node", &GROUND_FLOOR),
    ("sim", &GROUND_FLOOR),
    ("host", &["units", "params", "wire", "link", "node"]),
    ("lab", &["units", "params", "cell", "estimate"]),
    ("archive", &["units", "params"]),
    ("bridge", &["units", "params", "host", "archive"]),
    ("web", &["units", "params", "host", "archive"]),
    ("tui", &["units", "params", "host", "archive"]),
    // `units` and `params` are the words that everything above speaks in.
    ("cli", &["units", "params", "host", "archive", "bridge", "web", "tui", "sim", "lab"]),
    ("xtask", &["lab", "units", "params", "cell", "estimate"]),
];

/// What must not be seen even through others.
const NEVER_SEEN: &[(&str, &[&str])] = &[
    ("core", &["wire", "link", "afe", "journal", "node"]),
    ("wire", &["core", "params"]),
    ("afe", &["core", "wire", "link", "journal"]),
    ("journal", &["core", "wire", "link", "afe"]),
    ("web", &["sim"]),
    ("bridge", &["sim"]),
    ("tui", &["sim"]),
    ("host", &["sim"]),
];

/// Crates of others that the ground floor may use.
const GROUND_FLOOR_MAY_USE: [&str; 6] = ["heapless", "libm", "crc", "bitflags", "serde", "defmt"];

/// Whether the crate in this folder of `crates/` belongs to the ground floor.
pub(crate) fn is_ground_floor(folder: &str) -> bool {
    GROUND_FLOOR.contains(&folder)
}

/// How a package is used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Use {
    /// By the product, or by its build.
    Normal,
    /// By tests, benches and examples alone.
    Dev,
}

/// Who uses whom: packages of this workspace by the name of their folder, others by their own.
#[derive(Default)]
pub(crate) struct Graph {
    uses: BTreeMap<String, BTreeSet<(String, Use)>>,
}

/// The folder name of one of our packages: `cellward-units` is `units`, `cellward` is `cli`.
fn folder(package: &str) -> &str {
    match package {
        "cellward" => "cli",
        other => other.strip_prefix("cellward-").unwrap_or(other),
    }
}

impl Graph {
    /// Reads the answer of `cargo metadata`.
    pub(crate) fn from_metadata(json: &str) -> Result<Self> {
        let metadata: Value = serde_json::from_str(json).context("cargo metadata")?;
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();

        let names: BTreeMap<String, String> = list(&metadata["packages"])
            .iter()
            .map(|package| (text(&package["id"]), text(&package["name"])))
            .collect();
        let members: BTreeSet<String> =
            list(&metadata["workspace_members"]).iter().map(text).collect();
        let mut graph = Self::default();
        for node in list(&metadata["resolve"]["nodes"]) {
            let id = text(&node["id"]);
            if !members.contains(&id) {
                continue;
            }
            let user = names.get(&id).context("a member without a package")?;
            let uses = graph.uses.entry(folder(user).to_owned()).or_default();
            for edge in list(&node["deps"]) {
                let used =
                    names.get(&text(&edge["pkg"])).context("a dependency without a package")?;
                for kind in list(&edge["dep_kinds"]) {
                    let usage = if kind["kind"] == "dev" { Use::Dev } else { Use::Normal };
                    uses.insert((folder(used).to_owned(), usage));
                }
            }
        }
        Ok(graph)
    }

    /// What `user` uses in the product, directly.
    fn direct(&self, user: &str) -> impl Iterator<Item = &str> {
        let uses = self.uses.get(user).into_iter().flatten();
        uses.filter(|(_, usage)| *usage == Use::Normal).map(|(used, _)| used.as_str())
    }

    /// What `user` uses in the product, directly or through others of ours.
    fn seen(&self, user: &str) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let mut waiting: Vec<&str> = self.direct(user).collect();
        while let Some(next) = waiting.pop() {
            if seen.insert(next) {
                waiting.extend(self.direct(next));
            }
        }
        seen
    }
}

/// Every arrow that must not be there.
pub(crate) fn complaints(graph: &Graph) -> Vec<String> {
    let mut complaints = Vec::new();
    for user in graph.uses.keys() {
        if user == "testkit" {
            continue;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| name == user) else {
            complaints.push(format!("crate `{user}` is not in the table of arrows"));
            continue;
        };
        for used in graph.direct(user) {
            let ours = graph.uses.contains_key(used);
            if ours && !allowed.contains(&used) {
                complaints.push(format!("`{user}` may not use `{used}`"));
            }
            let embedded = used.starts_with("embedded-");
            if is_ground_floor(user) && !ours && !embedded && !GROUND_FLOOR_MAY_USE.contains(&used)
            {
                complaints
                    .push(format!("`{user}` is on the ground floor and may not use `{used}`"));
            }
        }
    }
    for (user, never) in NEVER_SEEN {
        let seen = graph.seen(user);
        for used in *never {
            if seen.contains(used) {
                complaints.push(format!("`{user}` must not see `{used}`, not even through others"));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A graph with these edges between our crates, and with every crate of ours in it.
    fn graph(edges: &[(&str, &str, Use)]) -> Graph {
        let mut graph = Graph::default();
        for (name, _) in ARROWS {
            graph.uses.entry((*name).to_owned()).or_default();
        }
        graph.uses.entry("testkit".to_owned()).or_default();
        for &(user, used, usage) in edges {
            let uses = graph.uses.entry(user.to_owned()).or_default();
            uses.insert((used.to_owned(), usage));
        }
        graph
    }

    fn check(edges: &[(&str, &str, Use)], expected: &[&str]) {
        assert_eq!(complaints(&graph(edges)), expected);
    }

    #[test]
    fn arrows_of_the_table_are_fine() {
        check(
            &[
                ("core", "units", Use::Normal),
                ("core", "heapless", Use::Normal),
                ("node", "core", Use::Normal),
                ("sim", "node", Use::Normal),
                ("cli", "tokio", Use::Normal),
                ("testkit", "core", Use::Normal),
            ],
            &[],
        );
    }

    #[test]
    fn an_arrow_outside_the_table_is_named() {
        check(&[("link", "estimate", Use::Normal)], &["`link` may not use `estimate`"]);
    }

    #[test]
    fn a_forbidden_crate_is_seen_through_another() {
        check(
            &[("core", "cell", Use::Normal), ("cell", "wire", Use::Normal)],
            &["`cell` may not use `wire`", "`core` must not see `wire`, not even through others"],
        );
    }

    #[test]
    fn the_ground_floor_may_not_use_a_runtime() {
        check(
            &[("link", "tokio", Use::Normal)],
            &["`link` is on the ground floor and may not use `tokio`"],
        );
    }

    #[test]
    fn tests_may_use_what_the_product_may_not() {
        check(&[("wire", "testkit", Use::Dev), ("wire", "proptest", Use::Dev)], &[]);
        check(&[("wire", "testkit", Use::Normal)], &["`wire` may not use `testkit`"]);
    }

    #[test]
    fn a_crate_that_nobody_placed_is_named() {
        check(
            &[("gadget", "units", Use::Normal)],
            &["crate `gadget` is not in the table of arrows"],
        );
    }

    #[test]
    fn metadata_gives_folders_and_kinds() {
        let json = r#"{
            "packages": [
                {"id": "a", "name": "cellward-core"},
                {"id": "b", "name": "cellward"},
                {"id": "c", "name": "proptest"}
            ],
            "workspace_members": ["a", "b"],
            "resolve": {"nodes": [
                {"id": "b", "deps": [{"pkg": "a", "dep_kinds": [{"kind": null}]}]},
                {"id": "a", "deps": [{"pkg": "c", "dep_kinds": [{"kind": "dev"}]}]},
                {"id": "c", "deps": []}
            ]}
        }"#;
        let graph = Graph::from_metadata(json).unwrap();
        assert_eq!(graph.direct("cli").collect::<Vec<_>>(), ["core"]);
        assert_eq!(graph.direct("core").count(), 0);
        assert_eq!(complaints(&graph), ["`cli` may not use `core`"]);
    }
}
