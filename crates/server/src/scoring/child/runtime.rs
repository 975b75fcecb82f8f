//! Which version of ONNX Runtime was loaded. `ort` reads it and keeps it to itself.

use std::ffi::CStr;
use std::path::Path;

use libloading::{Library, Symbol};
use ort::sys::OrtApiBase;

type GetApiBase = extern "C" fn() -> *const OrtApiBase;

/// The version of the library at this path, which has been loaded from there, such as `1.32.0`.
#[expect(
    unsafe_code,
    reason = "the library's own function tells it, and no other does"
)]
pub(super) fn version(path: &Path) -> Option<String> {
    // SAFETY: the library is loaded already, so that this runs none of its code. The function, which asks
    // nothing of its caller, and the two fields of what it returns are those of onnxruntime_c_api.h, the same
    // in every version; the text is one of the library's constants, and is copied while the library is held.
    unsafe {
        let library = Library::new(path).ok()?;
        let base: Symbol<'_, GetApiBase> = library.get(b"OrtGetApiBase").ok()?;
        let base = base().as_ref()?;
        let text = CStr::from_ptr((base.GetVersionString)());
        text.to_str().ok().map(str::to_owned)
    }
}
