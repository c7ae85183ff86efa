//! Quantities cannot be mixed up: each of these programs must not compile.

#[test]
fn mistakes_between_quantities_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
