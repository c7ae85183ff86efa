//! Every refusal as JSON: `{"error": "one sentence"}` with a fitting status.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// Why a request was refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The path leads nowhere.
    #[error("there is nothing here; the page is at /")]
    NotFound,
    /// The path takes another method.
    #[error("this address does not take this method")]
    Method,
    /// The request does not say what it should.
    #[error("{0}")]
    Malformed(&'static str),
    /// The request may come from another site.
    #[error("{0}")]
    Foreign(&'static str),
    /// Nothing can be pressed here: a real board has no demonstration to drive.
    #[error("this page has no buttons")]
    NoControl,
    /// No button has this key.
    #[error("there is no button named {0}")]
    NoButton(String),
    /// The button cannot be pressed now.
    #[error("{0}")]
    NotNow(String),
    /// As many pages as can be served are watching already.
    #[error("too many pages are watching already; close one and try again")]
    Crowded,
}

impl Refusal {
    const fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::NoControl | Self::NoButton(_) => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Foreign(_) => StatusCode::FORBIDDEN,
            Self::NotNow(_) => StatusCode::CONFLICT,
            Self::Crowded => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Json(serde_json::json!({ "error": self.to_string() }));
        (self.status(), body).into_response()
    }
}
