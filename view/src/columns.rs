//! Columns, a line each.

/// The columns of a record type: `name: "title" Unit, value, "about";` each.
///
/// Without a title people see the column only when they ask for it. What [`Column`](crate::column::Column)'s methods say
/// of one stands behind its unit. The braces keep each on its line.
///
/// ```
/// use dumpview_view::column::{Cell, Column, Row, count};
/// use dumpview_view::columns;
///
/// struct Thread {
///     tid: u64,
///     goroutine: Option<u64>,
/// }
///
/// impl Row for Thread {
///     const KEY: &'static str = "threads";
///     const ONE: &'static str = "thread";
///     const COLUMNS: &'static [Column<Self>] = columns! {
///         tid: "thread" Id, |t| Cell::Count(t.tid), "its id";
///         goroutine: Id.or_null(), |t| count(t.goroutine), "what it ran";
///     };
/// }
///
/// assert_eq!(Thread::COLUMNS[1].name, "goroutine");
/// assert_eq!(Thread::COLUMNS[0].text(&Thread { tid: 7, goroutine: None }), "7");
/// ```
#[macro_export]
macro_rules! columns {
    ($($name:ident: $($title:literal)? $unit:ident $(.$how:ident $(::<$of:ty>)? ($($arg:literal)?))*, $get:expr, $about:literal;)*) => {
        &[$($crate::columns!(@ $name $($title)?, $unit, $get, $about) $(.$how $(::<$of>)? ($($arg)?))*),*]
    };
    (@ $name:ident $title:literal, $unit:ident, $get:expr, $about:literal) => {
        $crate::column::Column::<Self>::new(stringify!($name), $title, $crate::column::Unit::$unit, $get, $about)
    };
    (@ $name:ident, $unit:ident, $get:expr, $about:literal) => {
        $crate::column::Column::<Self>::more(stringify!($name), $crate::column::Unit::$unit, $get, $about)
    };
}
