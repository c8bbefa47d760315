//! An allocator that wipes what is freed, once a process has asked for it.
//!
//! Buffers of TLS, HTTP and JSON hold a card number for a moment and are freed by libraries that do not know what was in
//! them. In vault, switch and bank every freed block is overwritten before it goes back to the allocator below; the
//! shop, which handles no card number, never asks, and pays one relaxed load for it.
//!
//! This crate is the audited place of the workspace where `unsafe` is allowed: `GlobalAlloc` cannot be implemented
//! without it. It keeps no state but one flag, and calls nothing but the allocator below. It wipes the heap and nothing
//! else: what lies on stacks and in registers is the business of who puts it there.

use std::{
    alloc::{GlobalAlloc, Layout},
    ptr,
    sync::atomic::{AtomicBool, Ordering},
};

/// Set once, by the process that wants it, and never taken back.
static WIPES: AtomicBool = AtomicBool::new(false);

/// From now on what is freed in this process is wiped. What was freed before is not.
pub fn wipe_what_is_freed() {
    WIPES.store(true, Ordering::Relaxed);
}

/// An allocator above `A` that wipes what is freed.
#[derive(Debug)]
pub struct Wiping<A>(pub A);

// SAFETY: every request goes to the allocator below with the layout it came with, and what that allocator promises of
// a block is passed on. Blocks are written to only between their caller's last use of them and their release: in
// `dealloc`, whose caller gives the whole block up, and in `realloc`, after its content was copied to the new block.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Wiping<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that the allocator below asks for.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as for `alloc`.
        unsafe { self.0.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if WIPES.load(Ordering::Relaxed) {
            // SAFETY: the block is `layout.size()` bytes long and nobody reads it any more. The allocator below is told of the
            // block afterwards, so the compiler cannot leave the writes out.
            unsafe { ptr::write_bytes(block, 0, layout.size()) };
        }
        // SAFETY: the block came from the allocator below with this layout.
        unsafe { self.0.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if !WIPES.load(Ordering::Relaxed) {
            // SAFETY: the caller's promises are those that the allocator below asks for.
            return unsafe { self.0.realloc(block, layout, new_size) };
        }
        // SAFETY: the caller promises that the size, rounded up to the alignment, is a size that can be asked for.
        let wanted = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        // SAFETY: the size is not zero, as the caller promises.
        let moved = unsafe { self.0.alloc(wanted) };
        if !moved.is_null() {
            // SAFETY: both blocks are as long as what is copied, and they are two. The old one is given up by this call.
            unsafe {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(new_size));
                self.dealloc(block, layout);
            }
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use std::{
        alloc::{GlobalAlloc, Layout, System},
        sync::atomic::{AtomicUsize, Ordering},
    };

    use super::{Wiping, wipe_what_is_freed};

    /// An allocator that looks at what it is given back: how many bytes of it were not wiped.
    struct Looking(AtomicUsize);

    // SAFETY: everything is the system's; blocks are read before they are given back.
    unsafe impl GlobalAlloc for Looking {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            // SAFETY: as the caller promises.
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            for place in 0..layout.size() {
                // SAFETY: within the block, which the tests wrote whole.
                let byte = unsafe { block.add(place).read() };
                self.0.fetch_add(usize::from(byte != 0), Ordering::Relaxed);
            }
            // SAFETY: as the caller promises.
            unsafe { System.dealloc(block, layout) }
        }
    }

    #[test]
    fn what_is_freed_or_moved_is_wiped_and_what_is_kept_is_not() {
        let allocator = Wiping(Looking(AtomicUsize::new(0)));
        let layout = Layout::from_size_align(16, 8).ok();
        let layout = layout.expect("sixteen bytes can be asked for");
        let digits = b"4970101234567890";
        // SAFETY: blocks are used with the layouts they were asked for, and within them.
        unsafe {
            let plain = allocator.alloc(layout);
            plain.copy_from(digits.as_ptr(), 16);
            allocator.dealloc(plain, layout);
            assert_eq!(
                allocator.0.0.load(Ordering::Relaxed),
                16,
                "nobody asked yet"
            );

            wipe_what_is_freed();
            let block = allocator.alloc(layout);
            block.copy_from(digits.as_ptr(), 16);
            let grown = allocator.realloc(block, layout, 4096);
            assert_eq!(
                std::slice::from_raw_parts(grown, 16),
                digits,
                "it moved whole"
            );
            grown.add(16).write_bytes(7, 4080);
            let large = Layout::from_size_align_unchecked(4096, 8);
            let shrunk = allocator.realloc(grown, large, 4);
            assert_eq!(std::slice::from_raw_parts(shrunk, 4), b"4970");
            allocator.dealloc(shrunk, Layout::from_size_align_unchecked(4, 8));
        }
        assert_eq!(
            allocator.0.0.load(Ordering::Relaxed),
            16,
            "nothing more was left"
        );
    }
}
