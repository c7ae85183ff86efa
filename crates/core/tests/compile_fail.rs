//! Only the protection can mint a permit: each of these programs must not compile.

#[test]
fn a_permit_cannot_be_forged() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
