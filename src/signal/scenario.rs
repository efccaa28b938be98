//! The scenarios that a token can name.

use http::StatusCode;

use crate::warning::{Warnings, suggestion};

pub(crate) struct Scenario {
    name: &'static str,
    /// Status and text with which it is refused before the upgrade.
    pub(crate) refusal: Option<(StatusCode, &'static str)>,
}

static SCENARIOS: &[Scenario] = &[
    Scenario { name: "happy", refusal: None },
    Scenario {
        name: "validate_500",
        refusal: Some((StatusCode::INTERNAL_SERVER_ERROR, "internal server error")),
    },
    Scenario {
        name: "validate_service_not_found",
        refusal: Some((StatusCode::NOT_FOUND, "404 page not found")),
    },
    Scenario {
        name: "room_not_found",
        refusal: Some((StatusCode::NOT_FOUND, "requested room does not exist")),
    },
    Scenario { name: "no_pong", refusal: None },
];

impl Scenario {
    pub(crate) fn named(name: Option<&str>, warnings: &mut Warnings) -> &'static Self {
        let Some(name) = name else {
            return &SCENARIOS[0];
        };
        SCENARIOS.iter().find(|scenario| scenario.name == name).unwrap_or_else(|| {
            let hint = suggestion(name, SCENARIOS.iter().map(|scenario| scenario.name));
            warnings
                .add(format_args!("lk.mock: unknown scenario \"{name}\"{hint}; happy is played"));
            &SCENARIOS[0]
        })
    }
}
