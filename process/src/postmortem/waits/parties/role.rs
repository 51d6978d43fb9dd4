//! What a call says about an object: by the name of the function that is called.

use dumpview_model::waits::{Does, ObjectKind};

/// What a call does to its first argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    Lock,
    Unlock,
    ReadLock,
    ReadUnlock,
    RwLock,
    RwUnlock,
    Done,
    Send,
    Receive,
    Close,
}

pub(super) fn role(name: &str) -> Option<Role> {
    Some(match name {
        "sync.(*Mutex).Lock"
        | "sync.(*Mutex).lockSlow"
        | "internal/sync.(*Mutex).Lock"
        | "internal/sync.(*Mutex).lockSlow" => Role::Lock,
        "sync.(*Mutex).Unlock"
        | "sync.(*Mutex).unlockSlow"
        | "internal/sync.(*Mutex).Unlock"
        | "internal/sync.(*Mutex).unlockSlow" => Role::Unlock,
        "sync.(*RWMutex).Lock" => Role::RwLock,
        "sync.(*RWMutex).Unlock" => Role::RwUnlock,
        "sync.(*RWMutex).RLock" => Role::ReadLock,
        "sync.(*RWMutex).RUnlock" | "sync.(*RWMutex).rUnlockSlow" => Role::ReadUnlock,
        "sync.(*WaitGroup).Done" => Role::Done,
        "runtime.chansend1" => Role::Send,
        "runtime.chanrecv1" | "runtime.chanrecv2" => Role::Receive,
        "runtime.closechan" => Role::Close,
        _ => return None,
    })
}

impl Role {
    pub(super) const fn kind(self) -> ObjectKind {
        match self {
            Self::Lock | Self::Unlock => ObjectKind::Mutex,
            Self::ReadLock | Self::ReadUnlock | Self::RwLock | Self::RwUnlock => {
                ObjectKind::RwMutex
            }
            Self::Done => ObjectKind::WaitGroup,
            Self::Send | Self::Receive | Self::Close => ObjectKind::Channel,
        }
    }

    /// What undoes it.
    pub(super) const fn undone_by(self) -> Option<Self> {
        match self {
            Self::Lock => Some(Self::Unlock),
            Self::ReadLock => Some(Self::ReadUnlock),
            Self::RwLock => Some(Self::RwUnlock),
            _ => None,
        }
    }

    /// What a goroutine that has done this, or has deferred the undoing, is to the object.
    pub(super) const fn does(self) -> Does {
        match self {
            Self::Lock | Self::Unlock | Self::RwLock | Self::RwUnlock => Does::Holds,
            Self::ReadLock | Self::ReadUnlock => Does::HoldsForReading,
            Self::Done | Self::Send | Self::Receive | Self::Close => Does::WillEnd,
        }
    }

    /// Whether this ends a wait when it is done.
    pub(super) const fn ends(self) -> bool {
        matches!(
            self,
            Self::Unlock
                | Self::ReadUnlock
                | Self::RwUnlock
                | Self::Done
                | Self::Send
                | Self::Receive
                | Self::Close
        )
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Lock | Self::RwLock => "Lock",
            Self::Unlock | Self::RwUnlock => "Unlock",
            Self::ReadLock => "RLock",
            Self::ReadUnlock => "RUnlock",
            Self::Done => "Done",
            Self::Send => "a send",
            Self::Receive => "a receive",
            Self::Close => "close",
        }
    }
}
