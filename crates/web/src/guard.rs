//! Refuses presses that come from another site.
//!
//! Two gates. A page of another origin cannot set the header `x-cellward` without the browser
//! asking first, and we never allow it. A name that an attacker re-points at this machine (DNS
//! rebinding) is not an address: only an IP literal or `localhost` is taken as host.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::http::{HeaderMap, header};

use crate::error::Refusal;

/// The header that only our own page sets, to `1`.
pub(crate) const OWN_HEADER: &str = "x-cellward";

/// Passes a request that only our own page can have sent.
pub(crate) fn own_page_only(headers: &HeaderMap) -> Result<(), Refusal> {
    if headers.get(OWN_HEADER).map(axum::http::HeaderValue::as_bytes) != Some(b"1") {
        return Err(Refusal::Foreign(
            "the header x-cellward: 1 is missing; buttons are pressed from the page",
        ));
    }
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    match host {
        Some(host) if hosts.next().is_none() && is_literal(host) => Ok(()),
        _ => Err(Refusal::Foreign(
            "buttons work only when the page is opened by IP address or as localhost",
        )),
    }
}

/// Whether `host`, with or without a port, is an IP address or `localhost`.
fn is_literal(host: &str) -> bool {
    let (name, rest) = match host.strip_prefix('[') {
        Some(bracketed) => match bracketed.split_once(']') {
            Some((address, rest)) if address.parse::<Ipv6Addr>().is_ok() => ("localhost", rest),
            _ => return false,
        },
        None => match host.find(':') {
            Some(colon) => host.split_at(colon),
            None => (host, ""),
        },
    };
    let port_is_fine = match rest.strip_prefix(':') {
        Some(port) => port.parse::<u16>().is_ok(),
        None => rest.is_empty(),
    };
    port_is_fine && (name.eq_ignore_ascii_case("localhost") || name.parse::<Ipv4Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_localhost_pass_with_or_without_a_port() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:8420",
            "192.168.1.20:80",
            "localhost",
            "LocalHost:8420",
            "[::1]",
            "[::1]:8420",
            "[fe80::1]:8420",
        ] {
            assert!(is_literal(host), "{host}");
        }
    }

    #[test]
    fn names_and_near_misses_do_not_pass() {
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:8420",
            "127.0.0.1:99999",
            "127.0.0.1:",
            "127.0.0.1:80:80",
            "::1",
            "[::1",
            "[::1]x",
            "[evil.example]:80",
            "0x7f.1",
            "127.1",
        ] {
            assert!(!is_literal(host), "{host}");
        }
    }
}
