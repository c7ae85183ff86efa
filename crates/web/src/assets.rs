//! The page itself: plain files, compiled in, so that one binary works without internet.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::error::Refusal;

/// One file of the page.
struct Asset {
    path: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";
const TEXT: &str = "text/plain; charset=utf-8";

macro_rules! assets {
    ($($path:literal $content_type:ident $file:literal;)*) => {
        const ASSETS: &[Asset] = &[$(Asset {
            path: $path,
            content_type: $content_type,
            bytes: include_bytes!(concat!("../assets/", $file)),
        }),*];
    };
}

assets! {
    "/" HTML "index.html";
    "/style.css" CSS "style.css";
    "/app.js" SCRIPT "app.js";
    "/bars.js" SCRIPT "bars.js";
    "/belief.js" SCRIPT "belief.js";
    "/format.js" SCRIPT "format.js";
    "/light.js" SCRIPT "light.js";
    "/link.js" SCRIPT "link.js";
    "/panels.js" SCRIPT "panels.js";
    "/plot.js" SCRIPT "plot.js";
    "/theme.js" SCRIPT "theme.js";
    "/icon.svg" SVG "icon.svg";
    "/vendor/uplot/uPlot.iife.min.js" SCRIPT "vendor/uplot/uPlot.iife.min.js";
    "/vendor/uplot/uPlot.min.css" CSS "vendor/uplot/uPlot.min.css";
    "/vendor/uplot/LICENSE" TEXT "vendor/uplot/LICENSE";
}

/// The file at `path`, or 304 when the browser holds it already.
pub(crate) fn asset(path: &str, request: &HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.path == path) else {
        return Refusal::NotFound.into_response();
    };
    let tag = format!("\"{:016x}\"", fingerprint(asset.bytes));
    let held = request.get(header::IF_NONE_MATCH).map(HeaderValue::as_bytes);
    let mut response = if held == Some(tag.as_bytes()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Body::from(asset.bytes).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
        response
    };
    let headers = response.headers_mut();
    // Ask every time, answer 304: a new binary on the same port shows its own page at once.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo): names the content, protects nothing.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_page_stays_under_150_kib() {
        let sum: usize = ASSETS.iter().map(|asset| asset.bytes.len()).sum();
        assert!(sum < 150 * 1_024, "{sum} bytes");
    }

    #[test]
    fn nothing_in_the_page_asks_another_host_or_needs_inline_script() {
        let own = ASSETS.iter().filter(|asset| !asset.path.starts_with("/vendor/"));
        for asset in own {
            let text = std::str::from_utf8(asset.bytes).unwrap();
            let foreign = text
                .match_indices("://")
                .filter(|(place, _)| {
                    !text[..*place].ends_with("http")
                        || !text[*place..].starts_with("://www.w3.org/")
                })
                .count();
            assert_eq!(foreign, 0, "{} names another host", asset.path);
            for inline in ["<style", " style=\"", " onclick=", "javascript:"] {
                assert!(!text.contains(inline), "{}: {inline}", asset.path);
            }
            assert_eq!(
                text.matches("<script").count(),
                text.matches("<script src=").count()
                    + text.matches("<script type=\"module\" src=").count()
                    + text.matches("<script defer src=").count(),
                "{}",
                asset.path
            );
        }
    }

    #[test]
    fn the_fingerprint_is_fnv_1a() {
        // From the authors' published test vectors: the empty string and "a".
        assert_eq!(fingerprint(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fingerprint(b"a"), 0xaf63_dc4c_8601_ec8c);
    }
}
