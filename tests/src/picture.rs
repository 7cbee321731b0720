//! What stands on a terminal, as a picture for the manual (SVG).
//!
//! In: a screen. Out: text in its colours. Absent: how it came to be there.

use std::fmt::Write;
use vt100::{Cell, Color, Screen};

/// Of one character. Pixels.
const WIDTH: f64 = 8.4;
const HEIGHT: u32 = 18;
const MARGIN: u32 = 12;

const PAPER: &str = "#1e1e2e";
const INK: &str = "#d8d8e8";
/// The sixteen colours that a terminal has by number.
const COLOURS: [&str; 16] = [
    "#45475a", "#e05561", "#8cc265", "#d18f52", "#4aa5f0", "#c162de", "#42b3c2", "#d7dae0", "#6b6f85", "#ff616e",
    "#a5e075", "#f0a45d", "#4dc4ff", "#de73ff", "#4cd1e0", "#ffffff",
];

/// The upper left of a screen, as far as anything stands there.
pub fn svg(screen: &Screen) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (u16::from(rows), u16::from(columns));
    let used = (0..rows).rev().find(|row| !line(screen, *row, columns).trim().is_empty()).map_or(1, |last| last + 1);
    let (width, height) = (f64::from(columns) * WIDTH + f64::from(2 * MARGIN), u32::from(used) * HEIGHT + 2 * MARGIN);
    let mut picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height}\" font-family=\"monospace\" \
         font-size=\"14\" xml:space=\"preserve\">\n<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{PAPER}\"/>\n"
    );
    for row in 0..used {
        draw(screen, row, columns, &mut picture);
    }
    picture + "</svg>\n"
}

fn line(screen: &Screen, row: u16, columns: u16) -> String {
    (0..columns).filter_map(|column| screen.cell(row, column)).map(|cell| cell.contents().to_string()).collect()
}

/// Characters of one look that follow each other are one piece.
fn draw(screen: &Screen, row: u16, columns: u16, picture: &mut String) {
    let mut column = 0;
    while column < columns {
        let Some(first) = screen.cell(row, column) else { break };
        let end = (column..columns).find(|at| screen.cell(row, *at).is_none_or(|cell| look(cell) != look(first)));
        let end = end.unwrap_or(columns);
        let cells = (column..end).filter_map(|at| screen.cell(row, at));
        let text: String =
            cells.map(|cell| if cell.has_contents() { cell.contents() } else { " " }.to_string()).collect();
        piece(first, &text, (row, column, end), picture);
        column = end;
    }
}

type Look = (Color, Color, bool, bool);

fn look(cell: &Cell) -> Look {
    (cell.fgcolor(), cell.bgcolor(), cell.bold(), cell.inverse())
}

fn piece(cell: &Cell, text: &str, (row, from, to): (u16, u16, u16), picture: &mut String) {
    let (x, y) = (f64::from(MARGIN) + f64::from(from) * WIDTH, MARGIN + u32::from(row) * HEIGHT);
    let (mut ink, mut paper) = (colour(cell.fgcolor(), INK), colour(cell.bgcolor(), PAPER));
    if cell.inverse() {
        std::mem::swap(&mut ink, &mut paper);
    }
    if paper != PAPER {
        let width = f64::from(to - from) * WIDTH;
        let _ = writeln!(
            picture,
            "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{HEIGHT}\" fill=\"{paper}\"/>"
        );
    }
    if text.trim().is_empty() {
        return;
    }
    let weight = if cell.bold() { " font-weight=\"bold\"" } else { "" };
    let (base, text) = (y + 14, escaped(text));
    let length = f64::from(to - from) * WIDTH;
    let _ = writeln!(
        picture,
        "<text x=\"{x:.1}\" y=\"{base}\" fill=\"{ink}\"{weight} textLength=\"{length:.1}\">{text}</text>"
    );
}

fn colour(colour: Color, otherwise: &str) -> String {
    match colour {
        Color::Default => otherwise.to_string(),
        Color::Idx(number) if usize::from(number) < COLOURS.len() => COLOURS[usize::from(number)].to_string(),
        Color::Idx(number) => of_cube(number),
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
    }
}

/// A terminal's further colours: six steps of each, then greys (xterm's 256 colours).
fn of_cube(number: u8) -> String {
    if number >= 232 {
        let grey = 8 + 10 * (number - 232);
        return format!("#{grey:02x}{grey:02x}{grey:02x}");
    }
    let step = |at: u8| if at == 0 { 0 } else { 55 + 40 * at };
    let at = number - 16;
    format!("#{:02x}{:02x}{:02x}", step(at / 36), step(at / 6 % 6), step(at % 6))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_there_is_drawn_in_its_colours() {
        let mut parser = vt100::Parser::new(5.try_into().expect("rows"), 20.try_into().expect("columns"), 0);
        parser.process(b"\x1b[1;31mFAILED\x1b[0m a<b\r\n\x1b[7mbar\x1b[0m");
        let picture = svg(parser.screen());
        assert!(
            picture.contains("fill=\"#e05561\" font-weight=\"bold\" textLength=\"50.4\">FAILED</text>"),
            "{picture}"
        );
        assert!(picture.contains("> a&lt;b") && picture.contains(&format!("fill=\"{INK}\"/>")), "{picture}");
        // Two lines of five.
        assert!(picture.contains(&format!("viewBox=\"0 0 192 {}\"", 2 * HEIGHT + 2 * MARGIN)), "{picture}");
        assert_eq!((of_cube(16), of_cube(231), of_cube(232)), ("#000000".into(), "#ffffff".into(), "#080808".into()));
    }
}
