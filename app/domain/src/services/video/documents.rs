//! Documents: the types that Solaris knows, and the identity documents that show their holder's
//! address.
//!
//! Source: Solaris, "Video identification", Appendix I (document types, list of passports with
//! address), and the API reference, which has further types.

use crate::{choices, countries};

choices! {
    /// What a document at Solaris is.
    pub enum DocumentType {
        AccountSnapshotFintecsystems = "ACCOUNT_SNAPSHOT.FINTECSYSTEMS", "Account snapshot (FinTecSystems)";
        AccountStatement = "ACCOUNT_STATEMENT", "Account statement";
        AmlPolicy = "AML_POLICY", "AML policy";
        AnnualFinancialStatement = "ANNUAL_FINANCIAL_STATEMENT", "Annual financial statement";
        B2bMandate = "B2B_MANDATE", "B2B direct debit mandate";
        BalanceReport = "BALANCE_REPORT", "Balance report";
        BankReference = "BANK_REFERENCE", "Bank reference";
        BusinessAssessment = "BUSINESS_ASSESSMENT", "Business assessment";
        BusinessFinancialsXbrl = "BUSINESS_FINANCIALS_XBRL", "Business financials (XBRL)";
        CreditAgencyReport = "CREDIT_AGENCY_REPORT", "Credit agency report";
        CreditRecordSchufa = "CREDIT_RECORD.SCHUFA", "Credit record (SCHUFA)";
        CustomerCommunication = "CUSTOMER_COMMUNICATION", "Customer communication";
        FatcaSelfDeclaration = "FATCA_SELF_DECLARATION", "FATCA self-declaration";
        FoundationDocument = "FOUNDATION_DOCUMENT", "Foundation document";
        IdDocument = "ID_DOCUMENT", "Identity document";
        Invoice = "INVOICE", "Invoice";
        KycBeneficialOwner = "KYC_BENEFICIAL_OWNER", "KYC of a beneficial owner";
        KycCorporateDocument = "KYC_CORPORATE_DOCUMENT", "KYC corporate document";
        KycForm = "KYC_FORM", "KYC form";
        KycLegalRepresentative = "KYC_LEGAL_REPRESENTATIVE", "KYC of a legal representative";
        KycReliabilityCheck = "KYC_RELIABILITY_CHECK", "KYC reliability check";
        KycReport = "KYC_REPORT", "KYC report";
        LoanMandateContract = "LOAN_MANDATE_CONTRACT", "Loan mandate contract";
        Other = "OTHER", "Other document";
        PaymentConfirmation = "PAYMENT_CONFIRMATION", "Payment confirmation";
        Picture = "PICTURE", "Picture or scan";
        PowerOfAttorney = "POWER_OF_ATTORNEY", "Power of attorney";
        ProofOfAddress = "PROOF_OF_ADDRESS", "Proof of address";
        ProofOfPhoneChange = "PROOF_OF_PHONE_CHANGE", "Proof of a changed phone number";
        ProofOfProfession = "PROOF_OF_PROFESSION", "Proof of profession";
        ProofOfSalary = "PROOF_OF_SALARY", "Proof of salary";
        ProofOfTaxId = "PROOF_OF_TAX_ID", "Proof of the tax number";
        QesDocument = "QES_DOCUMENT", "Document for a qualified electronic signature";
        ReferenceLetter = "REFERENCE_LETTER", "Reference letter";
        RegisterApplication = "REGISTER_APPLICATION", "Register application";
        RegisterCheck = "REGISTER_CHECK", "Register check";
        RegisterExtract = "REGISTER_EXTRACT", "Commercial register extract";
        SalaryInformation = "SALARY_INFORMATION", "Salary information";
        SchufaCompactReport = "SCHUFA_COMPACT_REPORT", "SCHUFA compact report";
        SchufaFullReport = "SCHUFA_FULL_REPORT", "SCHUFA full report";
        SchufaGwgReport = "SCHUFA_GWG_REPORT", "SCHUFA GwG report";
        SchufaShortReport = "SCHUFA_SHORT_REPORT", "SCHUFA short report";
        ScoreCardSolaris = "SCORE_CARD.SOLARIS", "Score card (Solaris)";
        ScreeningReport = "SCREENING_REPORT", "Screening report";
        ShareholdersList = "SHAREHOLDERS_LIST", "List of shareholders";
        ShareHoldersAgreement = "SHARE_HOLDERS_AGREEMENT", "Shareholders' agreement";
        Signature = "SIGNATURE", "Signature";
        SignedContract = "SIGNED_CONTRACT", "Signed contract";
        SignedLoanMandateContract = "SIGNED_LOAN_MANDATE_CONTRACT", "Signed loan mandate contract";
        SignedQesDocument = "SIGNED_QES_DOCUMENT", "Document with a qualified electronic signature";
        TradingLicense = "TRADING_LICENSE", "Trading licence";
        TransactionalDocument = "TRANSACTIONAL_DOCUMENT", "Document about a transaction";
        TransferCancellation = "TRANSFER_CANCELLATION", "Transfer cancellation";
        TransparencyRegisterExtract = "TRANSPARENCY_REGISTER_EXTRACT", "Transparency register extract";
        VatCertificate = "VAT_CERTIFICATE", "VAT certificate";
        Video = "VIDEO", "Video";
    }
}

/// The words of a document type; one that this version does not know as it came.
#[must_use]
pub fn document_words(code: &str) -> &str {
    DocumentType::parse(code).map_or(code, |known| known.label())
}

choices! {
    /// What an identity document is, in IDnow's words.
    pub enum Kind {
        IdCard = "IDCARD", "Identity card";
        Passport = "PASSPORT", "Passport";
        DriversLicense = "DRIVERS_LICENSE", "Driving licence";
        ResidenceTitle = "RESIDENCE_TITLE", "Residence title";
    }
}

/// The words of a kind of identity document; one that this version does not know as it came. `ID`
/// and `PP` are short for card and passport.
#[must_use]
pub fn kind_words(code: &str) -> &str {
    match code {
        "ID" | "ID_CARD" => Kind::IdCard.label(),
        "PP" => Kind::Passport.label(),
        other => Kind::parse(other).map_or(other, |known| known.label()),
    }
}

/// An identity document that shows its holder's address, so that no proof of address is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WithAddress {
    /// The model's number in the registers of identity documents.
    pub model: &'static str,
    /// ISO 3166-1 alpha-2.
    pub country: &'static str,
    pub kind: Kind,
}

const fn of(model: &'static str, country: &'static str, kind: Kind) -> WithAddress {
    WithAddress { model, country, kind }
}

/// All of them, in the order of the guide.
pub const WITH_ADDRESS: &[WithAddress] = &[
    of("MLT-BO-02001", "MT", Kind::IdCard),
    of("MLT-BO-03001", "MT", Kind::IdCard),
    of("SVK-BO-02001", "SK", Kind::IdCard),
    of("SVK-BO-05001", "SK", Kind::IdCard),
    of("SVK-BO-04001", "SK", Kind::IdCard),
    of("ITA-BO-04003", "IT", Kind::IdCard),
    of("ITA-BO-03004", "IT", Kind::IdCard),
    of("ITA-BO-03002", "IT", Kind::IdCard),
    of("ITA-BO-03001", "IT", Kind::IdCard),
    of("ITA-BO-03003", "IT", Kind::IdCard),
    of("DEU-BO-01003", "DE", Kind::IdCard),
    of("DEU-BO-02001", "DE", Kind::IdCard),
    of("SGP-BO-01001-A", "SG", Kind::IdCard),
    of("SGP-BO-01001", "SG", Kind::IdCard),
    of("CZE-BO-04001", "CZ", Kind::IdCard),
    of("CZE-BO-04002", "CZ", Kind::IdCard),
    of("IND-AO-01001", "IN", Kind::Passport),
    of("CHN-AO-04003", "CN", Kind::Passport),
    of("BGR-AO-01005", "BG", Kind::Passport),
    of("SVN-AO-02001-02003", "SI", Kind::Passport),
    of("SVN-AO-02004", "SI", Kind::Passport),
    of("SVN-BO-02001", "SI", Kind::IdCard),
    of("SVN-AO-01004", "SI", Kind::Passport),
    of("POL-BO-02001-02003", "PL", Kind::IdCard),
    of("ESP-BO-03001", "ES", Kind::IdCard),
    of("ESP-BO-05001", "ES", Kind::IdCard),
    of("HRV-BO-02001", "HR", Kind::IdCard),
    of("HRV-AO-02001", "HR", Kind::Passport),
    of("FRA-BO-02002", "FR", Kind::IdCard),
    of("FRA-AO-03001-03003", "FR", Kind::Passport),
    of("MAR-AO-02001", "MA", Kind::Passport),
];

/// Finds a document of the list by its model's number.
#[must_use]
pub fn with_address(model: &str) -> Option<&'static WithAddress> {
    WITH_ADDRESS.iter().find(|known| known.model == model.trim())
}

/// What the list says of a country's documents: whether the customer will have to prove the address
/// too.
#[must_use]
pub fn address_hint(country: &str, kind: Kind) -> String {
    let Some(country) = countries::find(country) else {
        return "Choose the country that issued the document.".into();
    };
    let models: Vec<&str> = WITH_ADDRESS
        .iter()
        .filter(|d| d.country == country.alpha2 && d.kind == kind)
        .map(|d| d.model)
        .collect();
    let documents = match kind {
        Kind::IdCard => "identity cards",
        Kind::Passport => "passports",
        Kind::DriversLicense => "driving licences",
        Kind::ResidenceTitle => "residence titles",
    };
    if models.is_empty() {
        return format!(
            "No {documents} of {} are known to show the address: Solaris needs a proof of address.",
            country.name
        );
    }
    let one = if models.len() == 1 { "Of this model" } else { "Of these models" };
    format!(
        "{one}, {documents} of {} show the address, and no proof is needed: {}. Others need one.",
        country.name,
        models.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_types_of_the_guide_and_the_reference_have_names() {
        assert_eq!(DocumentType::ALL.len(), 56);
        for code in [
            "QES_DOCUMENT",
            "SIGNED_QES_DOCUMENT",
            "REGISTER_CHECK",
            "TRANSPARENCY_REGISTER_EXTRACT",
            "VIDEO",
            "CREDIT_RECORD.SCHUFA",
        ] {
            assert!(DocumentType::parse(code).is_some(), "{code}");
        }
        assert_eq!(
            (document_words("KYC_REPORT"), document_words("BRAND_NEW")),
            ("KYC report", "BRAND_NEW")
        );
        assert!(
            DocumentType::ALL.iter().all(|t| !t.label().is_empty() && !t.label().contains('_'))
        );
    }

    #[test]
    fn the_list_is_whole_and_its_countries_exist() {
        assert_eq!(WITH_ADDRESS.len(), 31);
        for document in WITH_ADDRESS {
            let country = countries::find(document.country).expect(document.model);
            assert_eq!(country.alpha3, &document.model[..3], "the model begins with its country");
            assert_eq!(
                document.kind == Kind::Passport,
                document.model[3..].starts_with("-AO-"),
                "{}",
                document.model
            );
            assert_eq!(with_address(document.model), Some(document));
        }
        let numbers: std::collections::BTreeSet<&str> =
            WITH_ADDRESS.iter().map(|d| d.model).collect();
        assert_eq!(numbers.len(), 31);
    }

    #[test]
    fn the_hint_goes_by_the_list() {
        assert!(address_hint("DE", Kind::IdCard).contains("DEU-BO-01003, DEU-BO-02001"));
        assert!(address_hint("DEU", Kind::Passport).contains("needs a proof of address"));
        assert!(address_hint("PL", Kind::IdCard).starts_with("Of this model"));
        assert!(address_hint("", Kind::IdCard).contains("Choose the country"));
        assert_eq!(
            (kind_words("ID"), kind_words("PASSPORT"), kind_words("NEW")),
            ("Identity card", "Passport", "NEW")
        );
    }
}
