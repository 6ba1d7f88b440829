//! Writes the glue of the resources of assistance.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    Ok(declare::build(
        &["xiuhua.assistance.housing.v1", "xiuhua.assistance.socialsecurity.v1"],
        "contract.rs",
    )?)
}
