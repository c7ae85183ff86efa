//! Every route, asked in every wrong way that a stranger may think of.
#![allow(clippy::unwrap_used, reason = "tests may be blunt")]

mod common;

use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use common::state;

async fn send(request: Request<Body>) -> Response<Body> {
    let (state, _, _feed) = state();
    cellward_web::router(state).oneshot(request).await.unwrap()
}

async fn get(path: &str) -> Response<Body> {
    send(Request::get(path).body(Body::empty()).unwrap()).await
}

async fn body(response: Response<Body>) -> Value {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&bytes).unwrap()
}

/// A press as our own page sends it.
fn press(key: &str) -> Request<Body> {
    Request::post(format!("/api/control/{key}"))
        .header("x-cellward", "1")
        .header(header::HOST, "127.0.0.1:8420")
        .body(Body::empty())
        .unwrap()
}

/// The refusal has this status and is JSON with one sentence.
async fn check_refused(response: Response<Body>, status: StatusCode) {
    assert_eq!(response.status(), status);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
    let object = body(response).await;
    assert_eq!(object.as_object().unwrap().len(), 1, "{object}");
    assert!(object["error"].as_str().unwrap().len() > 10, "{object}");
}

#[tokio::test]
async fn the_snapshot_has_the_keys_of_the_points_and_says_what_is_absent() {
    let response = get("/api/snapshot").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    let snapshot = body(response).await;
    assert_eq!(snapshot["soc_percent"], 88.8);
    assert_eq!(snapshot["current_ma"], -12_300);
    assert_eq!(snapshot["cell_voltage_mv"], json!([3_310, 3_310, null, 3_310]));
    assert_eq!(snapshot["absent"]["cell_voltage_mv[3]"], "wire_open");
    assert_eq!(snapshot["absent"]["switch_temperature_c"], "not_fitted");
}

#[tokio::test]
async fn the_points_explain_every_key_and_every_absence() {
    let points = body(get("/api/points").await).await;
    assert_eq!(points["points"][0]["key"], "pack_voltage_mv");
    assert_eq!(points["absence"]["wire_open"], "sampling wire open");
}

#[tokio::test]
async fn the_history_comes_in_columns_and_only_what_is_later_if_asked() {
    let all = body(get("/api/history").await).await;
    assert_eq!(all["at_s"], json!([600]));
    assert_eq!(all["soc_percent"], json!([88.8]));
    let later = body(get("/api/history?after_s=600").await).await;
    assert_eq!(later["at_s"], json!([]));
}

#[tokio::test]
async fn a_history_that_is_asked_for_wrongly_is_refused() {
    for query in ["after_s=x", "after_s=-1", "before=1", "after_s=%00"] {
        check_refused(get(&format!("/api/history?{query}")).await, StatusCode::BAD_REQUEST).await;
    }
}

#[tokio::test]
async fn the_events_log_is_a_list() {
    assert_eq!(body(get("/api/events-log").await).await, json!({"records": []}));
}

#[tokio::test]
async fn the_control_lists_its_buttons() {
    let control = body(get("/api/control").await).await;
    assert_eq!(control["story"], "solar day");
    assert_eq!(control["time_scale"], 60.0);
    assert_eq!(control["buttons"][0]["key"], "short_circuit");
    assert_eq!(control["buttons"][0]["active"], false);
}

#[tokio::test]
async fn a_press_arrives_and_answers_with_the_state_that_follows() {
    let (state, desk, _feed) = state();
    let response = cellward_web::router(state).oneshot(press("short_circuit")).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(body(response).await["buttons"][0]["active"], true);
    assert_eq!(*desk.pressed.lock().unwrap(), ["short_circuit"]);
}

#[tokio::test]
async fn presses_that_cannot_be_are_refused_with_their_reason() {
    check_refused(send(press("no_such_button")).await, StatusCode::NOT_FOUND).await;
    check_refused(send(press("busy")).await, StatusCode::CONFLICT).await;
    check_refused(send(press("Short%20Circuit")).await, StatusCode::BAD_REQUEST).await;
    check_refused(send(press("%ff%fe")).await, StatusCode::BAD_REQUEST).await;
    check_refused(send(press(&"x".repeat(41))).await, StatusCode::BAD_REQUEST).await;
}

#[tokio::test]
async fn a_press_from_another_site_never_arrives() {
    let (state, desk, _feed) = state();
    let router = cellward_web::router(state);
    let post = || Request::post("/api/control/short_circuit");
    let foreign = [
        post().header(header::HOST, "127.0.0.1:8420"),
        post().header(header::HOST, "127.0.0.1:8420").header("x-cellward", "0"),
        post().header("x-cellward", "1"),
        post().header("x-cellward", "1").header(header::HOST, "evil.example"),
        post().header("x-cellward", "1").header(header::HOST, "evil.example:8420"),
        post().header("x-cellward", "1").header(header::HOST, "127.0.0.1.evil.example"),
        post().header("x-cellward", "1").header(header::HOST, &b"\xff"[..]),
    ];
    for request in foreign {
        let request = request.body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        check_refused(response, StatusCode::FORBIDDEN).await;
    }
    assert!(desk.pressed.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_wrong_method_is_refused_on_every_address() {
    for path in ["/", "/style.css", "/api/snapshot", "/api/stream", "/api/control"] {
        let request = Request::delete(path).body(Body::empty()).unwrap();
        check_refused(send(request).await, StatusCode::METHOD_NOT_ALLOWED).await;
    }
    check_refused(get("/api/control/short_circuit").await, StatusCode::METHOD_NOT_ALLOWED).await;
}

#[tokio::test]
async fn what_is_not_here_is_refused_in_json() {
    for path in ["/nothing", "/api/nothing", "/../Cargo.toml", "/%2e%2e/Cargo.toml", "/index.html/"]
    {
        check_refused(get(path).await, StatusCode::NOT_FOUND).await;
    }
}

#[tokio::test]
async fn a_page_without_control_has_no_buttons_and_refuses_presses() {
    let (local, _feed) = cellward_host::source::Local::new();
    let state = cellward_web::AppState::new(std::sync::Arc::new(local));
    let router = cellward_web::router(state);
    let request = Request::get("/api/control").body(Body::empty()).unwrap();
    assert_eq!(body(router.clone().oneshot(request).await.unwrap()).await, Value::Null);
    let response = router.oneshot(press("short_circuit")).await.unwrap();
    check_refused(response, StatusCode::NOT_FOUND).await;
}

#[tokio::test]
async fn every_file_of_the_page_has_its_type_and_the_strict_policy() {
    for (path, kind) in [
        ("/", "text/html"),
        ("/style.css", "text/css"),
        ("/app.js", "text/javascript"),
        ("/icon.svg", "image/svg+xml"),
        ("/vendor/uplot/uPlot.iife.min.js", "text/javascript"),
        ("/vendor/uplot/LICENSE", "text/plain"),
    ] {
        let response = get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let headers = response.headers();
        assert!(headers[header::CONTENT_TYPE].to_str().unwrap().starts_with(kind), "{path}");
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'self'; "), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
}

#[tokio::test]
async fn every_file_that_the_page_names_is_served() {
    let response = get("/").await;
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    let page = String::from_utf8(bytes.to_vec()).unwrap();
    let mut named = 0;
    for attribute in ["src=\"", "href=\""] {
        for (start, _) in page.match_indices(attribute) {
            let rest = &page[start + attribute.len()..];
            let path = &rest[..rest.find('"').unwrap()];
            if path.starts_with('#') {
                continue;
            }
            named += 1;
            assert_eq!(get(path).await.status(), StatusCode::OK, "{path}");
        }
    }
    assert!(named >= 3, "the page names its style and its scripts");
}

#[tokio::test]
async fn a_browser_that_holds_the_file_is_told_so() {
    let tag = get("/style.css").await.headers()[header::ETAG].clone();
    let again =
        Request::get("/style.css").header(header::IF_NONE_MATCH, tag).body(Body::empty()).unwrap();
    assert_eq!(send(again).await.status(), StatusCode::NOT_MODIFIED);
    let other = Request::get("/style.css")
        .header(header::IF_NONE_MATCH, "\"0\"")
        .body(Body::empty())
        .unwrap();
    assert_eq!(send(other).await.status(), StatusCode::OK);
}
