//! Icons of the Lucide family (ISC licence, lucide.dev): outlines in a square of 24.

use crate::html::prelude::*;
use crate::html::svg;

/// One icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    ArrowLeft,
    ArrowRight,
    ArrowDown,
    Archive,
    Ban,
    Book,
    Bell,
    BellOff,
    Camera,
    Check,
    CheckCheck,
    ChevronDown,
    ChevronUp,
    CircleCheck,
    Clock,
    Copy,
    Download,
    Ellipsis,
    Eye,
    File,
    Forward,
    Help,
    Image,
    Info,
    Link,
    Lock,
    LogOut,
    Message,
    Mic,
    Paperclip,
    Pause,
    Pencil,
    Phone,
    Pin,
    Play,
    Plus,
    Poll,
    Qr,
    Reply,
    Search,
    Send,
    Settings,
    Smile,
    Trash,
    TriangleAlert,
    UserPlus,
    Users,
    X,
    ZoomIn,
    ZoomOut,
}

/// What each is drawn with.
const PATHS: &[(Icon, &[&str])] = &[
    (Icon::ArrowLeft, &["m12 19-7-7 7-7", "M19 12H5"]),
    (Icon::ArrowRight, &["M5 12h14", "m12 5 7 7-7 7"]),
    (Icon::ArrowDown, &["M12 5v14", "m19 12-7 7-7-7"]),
    (Icon::Archive, &["M2 3h20v5H2z", "M4 8v11a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V8", "M10 12h4"]),
    (Icon::Ban, &["M2 12a10 10 0 1 0 20 0a10 10 0 1 0-20 0", "m4.9 4.9 14.2 14.2"]),
    (
        Icon::Book,
        &[
            "M12 7v14",
            "M3 18a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1h5a4 4 0 0 1 4 4 4 4 0 0 1 4-4h5a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1h-6a3 3 0 0 0-3 3 3 3 0 0 0-3-3z",
        ],
    ),
    (
        Icon::Bell,
        &[
            "M10.268 21a2 2 0 0 0 3.464 0",
            "M3.262 15.326A1 1 0 0 0 4 17h16a1 1 0 0 0 .74-1.673C19.41 13.956 18 12.499 18 8A6 6 0 0 0 6 8c0 4.499-1.411 5.956-2.738 7.326",
        ],
    ),
    (
        Icon::BellOff,
        &[
            "M10.268 21a2 2 0 0 0 3.464 0",
            "M17 17H4a1 1 0 0 1-.74-1.673C4.59 13.956 6 12.499 6 8a6 6 0 0 1 .258-1.742",
            "m2 2 20 20",
            "M8.668 3.01A6 6 0 0 1 18 8c0 2.687.77 4.653 1.707 6.05",
        ],
    ),
    (
        Icon::Camera,
        &[
            "M14.5 4h-5L7 7H4a2 2 0 0 0-2 2v9a2 2 0 0 0 2 2h16a2 2 0 0 0 2-2V9a2 2 0 0 0-2-2h-3l-2.500-3z",
            "M9 13a3 3 0 1 0 6 0a3 3 0 1 0-6 0",
        ],
    ),
    (Icon::Check, &["M20 6 9 17l-5-5"]),
    (Icon::CheckCheck, &["M18 6 7 17l-5-5", "m22 10-7.500 7.500L13 16"]),
    (Icon::ChevronDown, &["m6 9 6 6 6-6"]),
    (Icon::ChevronUp, &["m18 15-6-6-6 6"]),
    (Icon::CircleCheck, &["M2 12a10 10 0 1 0 20 0a10 10 0 1 0-20 0", "m16 9-5.500 5.500L8 12"]),
    (Icon::Clock, &["M2 12a10 10 0 1 0 20 0a10 10 0 1 0-20 0", "M12 6v6l4 2"]),
    (
        Icon::Copy,
        &[
            "M10 8h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H10a2 2 0 0 1-2-2V10a2 2 0 0 1 2-2z",
            "M4 16c-1.100 0-2-.9-2-2V4c0-1.100.9-2 2-2h10c1.100 0 2 .9 2 2",
        ],
    ),
    (Icon::Download, &["M12 15V3", "M21 15v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-4", "m7 10 5 5 5-5"]),
    (Icon::Ellipsis, &["M11 12a1 1 0 1 0 2 0a1 1 0 1 0-2 0", "M18 12a1 1 0 1 0 2 0a1 1 0 1 0-2 0", "M4 12a1 1 0 1 0 2 0a1 1 0 1 0-2 0"]),
    (
        Icon::Eye,
        &[
            "M2.062 12.348a1 1 0 0 1 0-.696 10.750 10.750 0 0 1 19.876 0 1 1 0 0 1 0 .696 10.750 10.750 0 0 1-19.876 0",
            "M9 12a3 3 0 1 0 6 0a3 3 0 1 0-6 0",
        ],
    ),
    (Icon::File, &["M15 2H6a2 2 0 0 0-2 2v16a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V7z", "M14 2v4a2 2 0 0 0 2 2h4"]),
    (Icon::Forward, &["m15 17 5-5-5-5", "M4 18v-2a4 4 0 0 1 4-4h12"]),
    (
        Icon::Help,
        &[
            "M2 12a10 10 0 1 0 20 0a10 10 0 1 0-20 0",
            "m4.930 4.930 4.240 4.240",
            "m14.830 9.170 4.240-4.240",
            "m14.830 14.830 4.240 4.240",
            "m9.170 14.830-4.240 4.240",
            "M8 12a4 4 0 1 0 8 0a4 4 0 1 0-8 0",
        ],
    ),
    (
        Icon::Image,
        &[
            "M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z",
            "M7 9a2 2 0 1 0 4 0a2 2 0 1 0-4 0",
            "m21 15-3.086-3.086a2 2 0 0 0-2.828 0L6 21",
        ],
    ),
    (Icon::Info, &["M2 12a10 10 0 1 0 20 0a10 10 0 1 0-20 0", "M12 16v-4", "M12 8h.01"]),
    (
        Icon::Link,
        &[
            "M10 13a5 5 0 0 0 7.540.54l3-3a5 5 0 0 0-7.070-7.070l-1.720 1.710",
            "M14 11a5 5 0 0 0-7.540-.54l-3 3a5 5 0 0 0 7.070 7.070l1.710-1.710",
        ],
    ),
    (Icon::Lock, &["M5 11h14a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2z", "M7 11V7a5 5 0 0 1 10 0v4"]),
    (Icon::LogOut, &["m16 17 5-5-5-5", "M21 12H9", "M9 21H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2h4"]),
    (Icon::Message, &["M21 15a2 2 0 0 1-2 2H7l-4 4V5a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2z"]),
    (Icon::Mic, &["M12 19v3", "M19 10v2a7 7 0 0 1-14 0v-2", "M12 2a3 3 0 0 1 3 3v7a3 3 0 0 1-6 0V5a3 3 0 0 1 3-3z"]),
    (
        Icon::Paperclip,
        &["m16 6-8.414 8.586a2 2 0 0 0 2.829 2.829l8.414-8.586a4 4 0 1 0-5.657-5.657l-8.379 8.551a6 6 0 1 0 8.485 8.485l8.379-8.551"],
    ),
    (Icon::Pause, &["M14 4h4v16h-4z", "M6 4h4v16H6z"]),
    (
        Icon::Pencil,
        &[
            "M21.174 6.812a1 1 0 0 0-3.986-3.987L3.842 16.174a2 2 0 0 0-.5.830l-1.321 4.352a.5.5 0 0 0 .623.622l4.353-1.320a2 2 0 0 0 .830-.497z",
            "m15 5 4 4",
        ],
    ),
    (
        Icon::Phone,
        &[
            "M13.832 16.568a1 1 0 0 0 1.213-.303l.355-.465A2 2 0 0 1 17 15h3a2 2 0 0 1 2 2v3a2 2 0 0 1-2 2A18 18 0 0 1 2 4a2 2 0 0 1 2-2h3a2 2 0 0 1 2 2v3a2 2 0 0 1-.8 1.600l-.468.351a1 1 0 0 0-.292 1.233 14 14 0 0 0 6.392 6.384",
        ],
    ),
    (
        Icon::Pin,
        &[
            "M12 17v5",
            "M9 10.760a2 2 0 0 1-1.110 1.790l-1.780.9A2 2 0 0 0 5 15.240V16a1 1 0 0 0 1 1h12a1 1 0 0 0 1-1v-.760a2 2 0 0 0-1.110-1.790l-1.780-.9A2 2 0 0 1 15 10.760V7a1 1 0 0 1 1-1 2 2 0 0 0 0-4H8a2 2 0 0 0 0 4 1 1 0 0 1 1 1z",
        ],
    ),
    (Icon::Play, &["M6 3l14 9-14 9z"]),
    (Icon::Plus, &["M5 12h14", "M12 5v14"]),
    (Icon::Poll, &["M12 20V10", "M18 20V4", "M6 20v-4"]),
    (
        Icon::Qr,
        &[
            "M3 3h5v5H3z",
            "M16 3h5v5h-5z",
            "M3 16h5v5H3z",
            "M21 16h-3a2 2 0 0 0-2 2v3",
            "M21 21v.01",
            "M12 7v3a2 2 0 0 1-2 2H7",
            "M3 12h.01",
            "M12 3h.01",
            "M12 16v.01",
            "M16 12h1",
            "M21 12v.01",
            "M12 21v-1",
        ],
    ),
    (Icon::Reply, &["m9 17-5-5 5-5", "M20 18v-2a4 4 0 0 0-4-4H4"]),
    (Icon::Search, &["m21 21-4.340-4.340", "M3 11a8 8 0 1 0 16 0a8 8 0 1 0-16 0"]),
    (
        Icon::Send,
        &[
            "M14.536 21.686a.5.5 0 0 0 .937-.024l6.500-19a.496.496 0 0 0-.635-.635l-19 6.500a.5.5 0 0 0-.024.937l7.930 3.180a2 2 0 0 1 1.112 1.110z",
            "m21.854 2.147-10.940 10.939",
        ],
    ),
    (Icon::Settings, &["M20 7h-9", "M14 17H5", "M14 17a3 3 0 1 0 6 0a3 3 0 1 0-6 0", "M4 7a3 3 0 1 0 6 0a3 3 0 1 0-6 0"]),
    (Icon::Smile, &["M2 12a10 10 0 1 0 20 0a10 10 0 1 0-20 0", "M8 14s1.500 2 4 2 4-2 4-2", "M9 9h.01", "M15 9h.01"]),
    (
        Icon::Trash,
        &["M3 6h18", "M19 6v14a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V6", "M8 6V4a2 2 0 0 1 2-2h4a2 2 0 0 1 2 2v2", "M10 11v6", "M14 11v6"],
    ),
    (Icon::TriangleAlert, &["m21.730 18-8-14a2 2 0 0 0-3.480 0l-8 14A2 2 0 0 0 4 21h16a2 2 0 0 0 1.730-3", "M12 9v4", "M12 17h.01"]),
    (Icon::UserPlus, &["M16 21v-2a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v2", "M5 7a4 4 0 1 0 8 0a4 4 0 1 0-8 0", "M19 8v6", "M22 11h-6"]),
    (
        Icon::Users,
        &[
            "M16 21v-2a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v2",
            "M5 7a4 4 0 1 0 8 0a4 4 0 1 0-8 0",
            "M22 21v-2a4 4 0 0 0-3-3.870",
            "M16 3.130a4 4 0 0 1 0 7.750",
        ],
    ),
    (Icon::X, &["M18 6 6 18", "m6 6 12 12"]),
    (Icon::ZoomIn, &["m21 21-4.340-4.340", "M3 11a8 8 0 1 0 16 0a8 8 0 1 0-16 0", "M11 8v6", "M8 11h6"]),
    (Icon::ZoomOut, &["m21 21-4.340-4.340", "M3 11a8 8 0 1 0 16 0a8 8 0 1 0-16 0", "M8 11h6"]),
];

impl Icon {
    fn paths(self) -> &'static [&'static str] {
        PATHS.iter().find(|(icon, _)| *icon == self).map_or(&[], |(_, paths)| *paths)
    }

    /// Drawn beside words that say the same: silent for screen readers.
    pub fn draw(self) -> impl IntoView {
        let paths: Vec<_> = self.paths().iter().map(|path| svg::path().attr("d", *path)).collect();
        svg::svg()
            .attr("class", "icon")
            .attr("viewBox", "0 0 24 24")
            .attr("width", "24")
            .attr("height", "24")
            .attr("fill", "none")
            .attr("stroke", "currentColor")
            .attr("stroke-width", "2")
            .attr("stroke-linecap", "round")
            .attr("stroke-linejoin", "round")
            .attr("aria-hidden", "true")
            .child(paths)
    }
}
