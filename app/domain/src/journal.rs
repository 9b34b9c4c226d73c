//! What the journal records: one word per thing that can be done or seen.

use crate::choices;

choices! {
    /// What happened. Stored by code, so a code never changes its meaning.
    pub enum Action {
        SetupDone = "setup_done", "First admin made";
        SignedIn = "signed_in", "Signed in";
        SignInFailed = "sign_in_failed", "Sign-in refused";
        SignedOut = "signed_out", "Signed out";
        SessionsEnded = "sessions_ended", "Sessions ended";
        PasswordChanged = "password_changed", "Password changed";
        PasswordRefused = "password_refused", "Current password refused";
        FactorAdded = "factor_added", "Second factor added";
        FactorRemoved = "factor_removed", "Second factor removed";
        FactorReset = "factor_reset", "Second factor reset";
        RecoveryCodesMade = "recovery_codes_made", "New recovery codes made";
        RecoveryCodeUsed = "recovery_code_used", "Recovery code used";
        SignInCodeRefused = "sign_in_code_refused", "Right password, code refused";
        FactorAsked = "factor_asked", "Fresh factor asked for";
        FactorGiven = "factor_given", "Fresh factor given";
        FactorRefused = "factor_refused", "Fresh factor refused";
        PersonAdded = "person_added", "Person added";
        PersonInvited = "person_invited", "Invitation made";
        ResetMade = "reset_made", "Password reset made";
        PasswordSet = "password_set", "Password set with a link";
        RoleConfirmed = "role_confirmed", "Role confirmed";
        SessionEnded = "session_ended", "Session ended from a list";
        OwnApprovalRefused = "own_approval_refused", "Approval of one's own work refused";
        ChangesSeen = "changes_seen", "Changes of people and settings seen";
        PersonDisabled = "person_disabled", "Person disabled";
        PersonEnabled = "person_enabled", "Person enabled";
        RoleChanged = "role_changed", "Role changed";
        ConnectionAdded = "connection_added", "Connection added";
        ConnectionChanged = "connection_changed", "Connection changed";
        ConnectionTested = "connection_tested", "Connection tested";
        AddressChanged = "address_changed", "Address of a connection changed";
        CredentialReplaced = "credential_replaced", "Credential replaced";
        CredentialRemoved = "credential_removed", "Credential removed";
        DraftSaved = "draft_saved", "Draft saved";
        CheckLaunched = "check_launched", "Check launched";
        TableLaunched = "table_launched", "Table of checks launched";
        CheckSent = "check_sent", "Check sent to the provider";
        CheckFailed = "check_failed", "Check failed";
        CheckWithdrawn = "check_withdrawn", "Check withdrawn";
        OutcomeArrived = "outcome_arrived", "Outcome arrived";
        EvidenceKept = "evidence_kept", "Evidence kept";
        AnalysisReadAgain = "analysis_read_again", "Wallet analysis read again";
        CallbackReceived = "callback_received", "Callback received";
        CheckClaimed = "check_claimed", "Check taken";
        CheckReleased = "check_released", "Check given back";
        CheckAssigned = "check_assigned", "Check assigned";
        CheckHandedOver = "check_handed_over", "Check handed to a colleague";
        CheckTakenOver = "check_taken_over", "Check taken over";
        ViewSaved = "view_saved", "Saved view made";
        ViewChanged = "view_changed", "Saved view renamed";
        ViewDeleted = "view_deleted", "Saved view deleted";
        FindingJudged = "finding_judged", "Finding judged";
        FindingNoted = "finding_noted", "Note on a finding kept";
        PolicyProposed = "policy_proposed", "Policy proposed";
        PolicyConfirmed = "policy_confirmed", "Policy confirmed";
        PolicyWithdrawn = "policy_withdrawn", "Proposed policy withdrawn";
        CommentAdded = "comment_added", "Comment added";
        MetadataChanged = "metadata_changed", "Metadata changed";
        DecisionMade = "decision_made", "Decision recorded";
        DecisionProposed = "decision_proposed", "Decision proposed";
        DecisionApproved = "decision_approved", "Proposal approved";
        DecisionSentBack = "decision_sent_back", "Proposal sent back";
        DecisionOverturned = "decision_overturned", "Decision overturned";
        DecisionVoided = "decision_voided", "Proposal void: something new arrived";
        TellingStarted = "telling_started", "Telling the provider";
        TellingApplied = "telling_applied", "Provider applied the decision";
        TellingUnconfirmed = "telling_unconfirmed", "Provider did not confirm";
        TellingConflict = "telling_conflict", "Provider has a different decision";
        DeliveryDead = "delivery_dead", "Delivery given up";
        DeliveryRetried = "delivery_retried", "Delivery retried by a person";
        PersonSent = "person_sent", "Person exists at Solaris";
        IdentificationMade = "identification_made", "Identification made at Solaris";
        SessionRequested = "session_requested", "Video session requested";
        StepLeft = "step_left", "Step of the launch taken";
        StepRefused = "step_refused", "Step of the launch came back";
        PersonChangeSent = "person_change_sent", "Person changed at Solaris";
        StateReached = "state_reached", "Identification reached a state";
        AlarmRaised = "alarm_raised", "Alarm raised";
        AlarmSettled = "alarm_settled", "Alarm settled";
        ReferenceRevealed = "reference_revealed", "IDnow reference revealed";
        DocumentKept = "document_kept", "Document kept";
        DocumentMissing = "document_missing", "Document could not be had";
        DocumentSent = "document_sent", "Document sent to Solaris";
        DocumentViewed = "document_viewed", "Document viewed or downloaded";
        LinkCopied = "link_copied", "Address for the customer copied";
        WebhookAdded = "webhook_added", "Webhook subscribed";
        WebhookRemoved = "webhook_removed", "Webhook subscription ended";
        CustomerErased = "customer_erased", "Customer erased";
        CustomerChanged = "customer_changed", "Customer's data changed";
        OtherDataConfirmed = "other_data_confirmed", "Launched about other data than the customer's";
        CustomersLinked = "customers_linked", "Customers linked as one";
        CustomersParted = "customers_parted", "Customers recorded as different";
        CheckViewed = "check_viewed", "Check viewed";
        HandoutMade = "handout_made", "Link or token received";
        HandoutShown = "handout_shown", "Link or token shown";
        HandoutCopied = "handout_copied", "Link or token copied";
        FollowUpLaunched = "follow_up_launched", "Due diligence follows";
        PictureKept = "picture_kept", "Picture kept";
        PictureMissing = "picture_missing", "Picture could not be had";
        PictureViewed = "picture_viewed", "Picture viewed";
        EvidenceViewed = "evidence_viewed", "Evidence viewed";
        DecisionViewed = "decision_viewed", "Decision viewed";
        CustomerViewed = "customer_viewed", "Customer viewed";
        ListViewed = "list_viewed", "List viewed";
        JournalViewed = "journal_viewed", "Journal viewed";
        AccessRefused = "access_refused", "Access refused";
        RecordVerified = "record_verified", "Record verified";
        RowsWritten = "rows_written", "Rows written";
        RightsWritten = "rights_written", "Rights, rules or decisions changed without an entry";
        RowsTakenOver = "rows_taken_over", "Rows taken over at upgrade";
        Inspected = "inspected", "Desk inspected";
        OldRowsSealed = "old_rows_sealed", "Old rows sealed";
    }
}

choices! {
    /// What an entry is about.
    pub enum Subject {
        Check = "check", "Check";
        Customer = "customer", "Customer";
        Link = "link", "Link between customers";
        Person = "person", "Person";
        Connection = "connection", "Connection";
        Delivery = "delivery", "Delivery";
        Batch = "batch", "Table";
        Callback = "callback", "Callback";
        Policy = "policy", "Policy";
        View = "view", "Saved view";
        System = "system", "System";
    }
}

impl Action {
    /// Only looked at; nothing changed.
    #[must_use]
    pub const fn is_view(self) -> bool {
        matches!(
            self,
            Self::CheckViewed
                | Self::PictureViewed
                | Self::EvidenceViewed
                | Self::DecisionViewed
                | Self::CustomerViewed
                | Self::ListViewed
                | Self::JournalViewed
        )
    }
}
