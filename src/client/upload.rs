//! Sends a file as it is, and tells how much of it has gone: the browser's fetch can't tell that, its
//! older request can.

use super::{Answer, Call, ClientError, Reply};
use js_sys::{Function, Promise};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{EventTarget, File, ProgressEvent, XmlHttpRequest};

/// Bytes that have gone, and bytes in all.
pub type Progress = (f64, f64);

impl Call {
    /// Sends a file as the body. `progress` hears how far it is. Dropping the future aborts.
    pub(super) async fn send_file(
        self,
        file: &File,
        progress: impl Fn(Progress) + 'static,
    ) -> Answer<Reply> {
        let broken = |_: JsValue| ClientError::Unreadable;
        let request = XmlHttpRequest::new().map_err(broken)?;
        request
            .open_with_async(self.method.as_ref(), &self.path, true)
            .map_err(broken)?;
        self.headers.set("Content-Type", "application/octet-stream");
        for (name, value) in self.headers.entries() {
            request.set_request_header(&name, &value).map_err(broken)?;
        }
        let upload = request.upload().map_err(broken)?;
        let _heard = Listener::on(&upload, "progress", move |event| {
            if let Ok(event) = event.dyn_into::<ProgressEvent>() {
                progress((event.loaded(), event.total()));
            }
        });
        let flight = Flight(request);
        let sent = Promise::new(&mut |resolve: Function, _| {
            // Whatever the end is, the request's state tells it.
            flight.0.set_onloadend(Some(&resolve));
        });
        flight.0.send_with_opt_blob(Some(file)).map_err(broken)?;
        JsFuture::from(sent)
            .await
            .map_err(|_| ClientError::Offline)?;
        flight.answer()
    }
}

/// A request that is aborted when nobody waits for it any more.
struct Flight(XmlHttpRequest);

impl Flight {
    fn answer(&self) -> Answer<Reply> {
        let status = self.0.status().unwrap_or(0);
        let header = |name| self.0.get_response_header(name).ok().flatten();
        match self.0.response_text() {
            Ok(Some(text)) if status != 0 => super::judge(
                (200..300).contains(&status),
                header("etag"),
                header("retry-after"),
                text,
            ),
            _ => Err(ClientError::Offline),
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.set_onloadend(None);
        // It does nothing to a request that has ended.
        let _ = self.0.abort();
    }
}

/// Hears an event until it is dropped.
struct Listener {
    target: EventTarget,
    name: &'static str,
    heard: Closure<dyn Fn(web_sys::Event)>,
}

impl Listener {
    fn on(
        target: &EventTarget,
        name: &'static str,
        act: impl Fn(web_sys::Event) + 'static,
    ) -> Self {
        let heard = Closure::new(act);
        // Adding a listener to an element that exists can't fail.
        let _ = target.add_event_listener_with_callback(name, heard.as_ref().unchecked_ref());
        Self {
            target: target.clone(),
            name,
            heard,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self
            .target
            .remove_event_listener_with_callback(self.name, self.heard.as_ref().unchecked_ref());
    }
}
