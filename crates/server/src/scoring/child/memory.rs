//! What this process's memory is used for, as the allocator and the kernel count it.

/// Bytes that the allocator has handed out and not got back.
pub(super) fn in_use() -> Option<u64> {
    #[cfg(target_env = "gnu")]
    {
        #[expect(
            unsafe_code,
            reason = "the allocator's own count is to be had by its C function alone, which takes nothing and returns numbers"
        )]
        // SAFETY: it takes nothing, locks what it reads, and returns a struct of numbers by value.
        let info = unsafe { libc::mallinfo2() };
        Some((info.uordblks + info.hblkhd) as u64)
    }
    #[cfg(not(target_env = "gnu"))]
    None
}

/// Gives memory that was freed back to the system; by itself the allocator keeps it.
pub(super) fn give_back() {
    #[cfg(target_env = "gnu")]
    {
        #[expect(
            unsafe_code,
            reason = "the C function locks what it touches, takes a number and returns one"
        )]
        // SAFETY: it takes a number, locks what it touches, and moves nothing that is in use.
        unsafe {
            libc::malloc_trim(0);
        }
    }
}

/// Bytes of this process that are in memory now.
pub(super) fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * rustix::param::page_size() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_counted() {
        let (before, resident_before) = (in_use(), resident());
        let held = vec![1u8; 64 << 20];
        let (after, resident_after) = (in_use(), resident());
        assert!(resident_after >= resident_before + (32 << 20));
        if let (Some(before), Some(after)) = (before, after) {
            assert!(after >= before + (32 << 20));
        }
        drop(held);
        give_back();
    }
}
