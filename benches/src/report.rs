//! Reports the figures: as a table, as JSON, and with a verdict for each.

use serde::Serialize;

/// One measured figure.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) mock: f64,
    pub(crate) floor: Option<f64>,
    /// The mock's figure divided by the floor's.
    pub(crate) ratio: Option<f64>,
    pub(crate) other: Option<f64>,
    pub(crate) budget: Option<Budget>,
    /// More about the figure, without a budget.
    pub(crate) note: String,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Budget {
    /// At most this many times the floor's figure.
    Ratio(f64),
    /// At most this value, in the figure's unit.
    Value(f64),
}

impl Figure {
    pub(crate) fn holds(&self) -> Option<bool> {
        match self.budget? {
            Budget::Ratio(most) => self.ratio.map(|ratio| ratio <= most),
            Budget::Value(most) => Some(self.mock <= most),
        }
    }

    fn cells(&self) -> [String; 7] {
        let value = |value: f64| format!("{value:.2} {}", self.unit);
        let or_none = |cell: Option<String>| cell.unwrap_or_else(|| "-".to_owned());
        let budget = self.budget.map(|budget| match budget {
            Budget::Ratio(most) => format!("<= {most} x"),
            Budget::Value(most) => format!("<= {:.3} {}", most, self.unit).replace(".000 ", " "),
        });
        let verdict = self.holds().map(|holds| if holds { "ok" } else { "MISSED" }.to_owned());
        [
            self.name.to_owned(),
            value(self.mock),
            or_none(self.floor.map(value)),
            or_none(self.ratio.map(|ratio| format!("{ratio:.2} x"))),
            or_none(self.other.map(value)),
            or_none(budget),
            or_none(verdict),
        ]
    }
}

/// Prints the table in the form in which the documentation has it.
pub(crate) fn print(figures: &[Figure]) {
    let head = ["figure", "livekit-mock", "floor", "ratio", "other", "budget", "verdict"];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(figures.iter().map(Figure::cells));
    let others = figures.iter().any(|figure| figure.other.is_some());
    let columns: Vec<usize> = (0..head.len()).filter(|column| others || *column != 4).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    for (number, row) in rows.iter().enumerate() {
        let cells: Vec<String> = columns
            .iter()
            .map(|column| format!("{:width$}", row[*column], width = widths[*column]))
            .collect();
        println!("| {} |", cells.join(" | "));
        if number == 0 {
            let rule: Vec<String> =
                columns.iter().map(|column| "-".repeat(widths[*column])).collect();
            println!("| {} |", rule.join(" | "));
        }
    }
    println!();
    for figure in figures.iter().filter(|figure| !figure.note.is_empty()) {
        println!("{}: {}", figure.name, figure.note);
    }
}

/// The verdict of a test under load.
pub(crate) fn verdict(held: bool) -> &'static str {
    if held { "held" } else { "NOT HELD" }
}

/// The median; of an even number of values, the upper one of the two in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The lower quartile, which other work of the machine disturbs least.
pub(crate) fn lower_quartile(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 4).copied().unwrap_or(f64::NAN)
}
