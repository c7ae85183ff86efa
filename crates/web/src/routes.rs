//! What can be asked for, and how every answer is framed.

use axum::Json;
use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use cellward_host::json;
use cellward_units::Duration;
use serde_json::{Value, json};

use crate::control::ControlError;
use crate::error::Refusal;
use crate::feed::control_json;
use crate::serve::AppState;
use crate::{assets, guard, stream};

/// Scripts, styles and requests from here alone; no frames, no forms, no plug-ins.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' data:; \
     object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The whole service as one router, for those who serve it themselves.
///
/// Live values need the background work of [`serve`](crate::serve); without it the router answers
/// with what the source said when the state was made.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/api/snapshot", get(snapshot))
        .route("/api/points", get(points))
        .route("/api/history", get(history))
        .route("/api/events-log", get(events_log))
        .route("/api/stream", get(live))
        .route("/api/control", get(control))
        .route("/api/control/{key}", post(press))
        .route("/", get(page))
        .fallback(other)
        .method_not_allowed_fallback(async || Refusal::Method)
        .layer(middleware::from_fn(frame))
        .with_state(state)
}

async fn snapshot(State(state): State<AppState>) -> Response {
    fresh(Value::Object(state.feed.snapshot()))
}

async fn points() -> Response {
    fresh(json!({ "points": json::point_rows(), "absence": json::absence_rows() }))
}

async fn history(State(state): State<AppState>, RawQuery(query): RawQuery) -> Response {
    match after(query.as_deref()) {
        Ok(after) => fresh(Value::Object(state.feed.history(after))),
        Err(refusal) => refusal.into_response(),
    }
}

async fn events_log(State(state): State<AppState>) -> Response {
    fresh(json!({ "records": state.feed.records() }))
}

async fn live(State(state): State<AppState>) -> Response {
    stream::stream(&state).into_response()
}

async fn control(State(state): State<AppState>) -> Response {
    fresh(control_json(state.control()))
}

async fn press(
    State(state): State<AppState>,
    headers: HeaderMap,
    key: Result<Path<String>, PathRejection>,
) -> Response {
    match pressed(&state, &headers, key) {
        Ok(state) => fresh(state),
        Err(refusal) => refusal.into_response(),
    }
}

/// Presses a button and answers with the state that follows.
fn pressed(
    state: &AppState,
    headers: &HeaderMap,
    key: Result<Path<String>, PathRejection>,
) -> Result<Value, Refusal> {
    guard::own_page_only(headers)?;
    let Path(key) = key.map_err(|_| Refusal::Malformed("the name of the button is not text"))?;
    // Only what a key can be is ever repeated in an answer.
    let well_formed = key.len() <= 40
        && key
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !well_formed {
        return Err(Refusal::Malformed(
            "the name of a button is up to 40 lower-case letters, digits and underscores",
        ));
    }
    let control = state.control().ok_or(Refusal::NoControl)?;
    match control.press(&key) {
        Ok(()) => Ok(control_json(Some(control))),
        Err(ControlError::Unknown) => Err(Refusal::NoButton(key)),
        Err(ControlError::Refused(sentence)) => Err(Refusal::NotNow(sentence)),
    }
}

async fn page(headers: HeaderMap) -> Response {
    assets::asset("/", &headers)
}

/// Files of the page; everything else is not here.
async fn other(method: axum::http::Method, uri: Uri, headers: HeaderMap) -> Response {
    let response = assets::asset(uri.path(), &headers);
    let readable = method == axum::http::Method::GET || method == axum::http::Method::HEAD;
    if response.status() != StatusCode::NOT_FOUND && !readable {
        return Refusal::Method.into_response();
    }
    response
}

/// The `after_s` of a query: whole seconds since the board's start.
fn after(query: Option<&str>) -> Result<Option<Duration>, Refusal> {
    let Some(query) = query.filter(|query| !query.is_empty()) else {
        return Ok(None);
    };
    query
        .strip_prefix("after_s=")
        .and_then(|secs| secs.parse().ok())
        .map(|secs| Some(Duration::from_secs(secs)))
        .ok_or(Refusal::Malformed("the history takes after_s=<whole seconds> and nothing else"))
}

/// JSON that no cache may keep.
fn fresh(body: Value) -> Response {
    let mut response = Json(body).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Puts the security headers on every answer.
async fn frame(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, content) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(content));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_history_takes_whole_seconds_and_nothing_else() {
        assert_eq!(after(None), Ok(None));
        assert_eq!(after(Some("")), Ok(None));
        assert_eq!(after(Some("after_s=90")), Ok(Some(Duration::from_secs(90))));
        for bad in [
            "after_s=",
            "after_s=-1",
            "after_s=1.5",
            "after_s=1&x=2",
            "x",
            "after_s=99999999999999999999",
        ] {
            assert!(after(Some(bad)).is_err(), "{bad}");
        }
    }
}
