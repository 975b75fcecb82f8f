//! Moments relative to now, with the absolute one in the reader's zone at hand.

use super::live::{live, view};
use super::timer;
use js_sys::{Array, Date, Intl, Object, Reflect};
use leptos::prelude::*;
use portico_api::time::Timestamp;
use std::time::Duration;
use wasm_bindgen::JsValue;

/// Now in milliseconds, renewed every 30 seconds, so that relative times stay true.
#[derive(Clone, Copy)]
pub struct Clock {
    now: RwSignal<f64>,
}

impl Clock {
    /// Starts the clock; made once in the root of the application.
    pub fn start() -> Self {
        let clock = Self {
            now: RwSignal::new(Date::now()),
        };
        timer::every(Duration::from_secs(30), move || {
            clock.now.try_set(Date::now());
        });
        clock
    }
}

/// A distance in time, in the largest unit that fits.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Distance {
    Moment,
    Of(f64, Unit),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Minute,
    Hour,
    Day,
    Month,
    Year,
}

/// Seconds from now (negative: past) in the largest unit that fits.
fn distance(seconds: f64) -> Distance {
    const MINUTE: f64 = 60.0;
    const HOUR: f64 = 60.0 * MINUTE;
    const DAY: f64 = 24.0 * HOUR;
    let size = seconds.abs();
    let of = |length: f64, unit| Distance::Of((seconds / length).trunc(), unit);
    if size < 45.0 {
        Distance::Moment
    } else if size < HOUR {
        Distance::Of((seconds / MINUTE).round(), Unit::Minute)
    } else if size < DAY {
        of(HOUR, Unit::Hour)
    } else if size < 30.0 * DAY {
        of(DAY, Unit::Day)
    } else if size < 365.0 * DAY {
        of(30.0 * DAY, Unit::Month)
    } else {
        of(365.0 * DAY, Unit::Year)
    }
}

/// The moment in milliseconds since 1970.
pub fn millis_of(time: &Timestamp) -> f64 {
    Date::parse(time.as_str())
}

/// The moment in full, in the reader's zone and form.
pub fn absolute(time: &Timestamp) -> String {
    let date = Date::new(&JsValue::from_str(time.as_str()));
    let options = Object::new();
    let set = |name: &str, value: &str| {
        // Setting a property of a fresh object can't fail.
        let _ = Reflect::set(&options, &name.into(), &value.into());
    };
    set("dateStyle", "medium");
    set("timeStyle", "long");
    String::from(date.to_locale_string("en-GB", &options))
}

/// How far the moment is from `now_ms`, in words such as *3 minutes ago*.
pub fn relative(time: &Timestamp, now_ms: f64) -> String {
    let seconds = (millis_of(time) - now_ms) / 1_000.0;
    let (amount, unit) = match distance(seconds) {
        Distance::Moment => return "just now".to_owned(),
        Distance::Of(amount, unit) => (amount, unit),
    };
    let unit = match unit {
        Unit::Minute => "minute",
        Unit::Hour => "hour",
        Unit::Day => "day",
        Unit::Month => "month",
        Unit::Year => "year",
    };
    let languages = Array::of1(&"en".into());
    let format = Intl::RelativeTimeFormat::new(&languages, &Object::new());
    String::from(format.format(amount, unit))
}

/// A moment relative to now, with the absolute one in its title.
#[component]
pub fn RelativeTime(
    /// The moment.
    time: Timestamp,
) -> impl IntoView {
    let now = use_context::<Clock>();
    let title = absolute(&time);
    let machine = time.to_string();
    let text = move || relative(&time, now.map_or_else(Date::now, |clock| clock.now.get()));
    view! { <time datetime=machine title=title>{live(text)}</time> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_unit_that_fits_is_taken() {
        for (seconds, expected) in [
            (-10.0, Distance::Moment),
            (-61.0, Distance::Of(-1.0, Unit::Minute)),
            (-3_700.0, Distance::Of(-1.0, Unit::Hour)),
            (7_300.0, Distance::Of(2.0, Unit::Hour)),
            (-90_000.0, Distance::Of(-1.0, Unit::Day)),
            (-40.0 * 86_400.0, Distance::Of(-1.0, Unit::Month)),
            (-800.0 * 86_400.0, Distance::Of(-2.0, Unit::Year)),
        ] {
            assert_eq!(distance(seconds), expected, "{seconds}");
        }
    }
}
