"""The detail types of accounts by their type, for every locale, as the reference's page on accounts lists them."""

from collections.abc import Mapping

DETAIL_TYPES: Mapping[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "Bank": "CashOnHand Checking MoneyMarket RentsHeldInTrust Savings TrustAccounts",
        "Accounts Receivable": "AccountsReceivable",
        "Other Current Asset": """
            AllowanceForBadDebts AssetsAvailableForSale BalWithGovtAuthorities CalledUpShareCapitalNotPaid
            DevelopmentCosts EmployeeCashAdvances ExpenditureAuthorisationsAndLettersOfCredit GlobalTaxDeferred
            GlobalTaxRefund InternalTransfers Inventory Investment_MortgageRealEstateLoans Investment_Other
            Investment_TaxExemptSecurities Investment_USGovernmentObligations LoansToOfficers LoansToOthers
            LoansToStockholders OtherConsumables OtherCurrentAssets PrepaidExpenses ProvisionsCurrentAssets Retainage
            ShortTermInvestmentsInRelatedParties ShortTermLoansAndAdvancesToRelatedParties TradeAndOtherReceivables
            UndepositedFunds""",
        "Fixed Asset": """
            AccumulatedAmortization AccumulatedDepletion AccumulatedDepreciation AssetsInCourseOfConstruction Buildings
            CapitalWip CumulativeDepreciationOnIntangibleAssets DepletableAssets FixedAssetComputers FixedAssetCopiers
            FixedAssetFurniture FixedAssetOtherToolsEquipment FixedAssetPhone FixedAssetPhotoVideo FixedAssetSoftware
            FurnitureAndFixtures IntangibleAssets IntangibleAssetsUnderDevelopment Land LandAsset LeaseholdImprovements
            MachineryAndEquipment NonCurrentAssets OtherFixedAssets ParticipatingInterests ProvisionsFixedAssets
            Vehicles""",
        "Other Asset": """
            AccumulatedAmortizationOfOtherAssets AssetsHeldForSale AvailableForSaleFinancialAssets DeferredTax Goodwill
            Investments LeaseBuyout Licenses LongTermInvestments LongTermLoansAndAdvancesToRelatedParties
            OrganizationalCosts OtherIntangibleAssets OtherLongTermAssets OtherLongTermInvestments
            OtherLongTermLoansAndAdvances PrepaymentsAndAccruedIncome ProvisionsNonCurrentAssets SecurityDeposits""",
        "Accounts Payable": """
            AccountsPayable OutstandingDuesMicroSmallEnterprise OutstandingDuesOtherThanMicroSmallEnterprise""",
        "Credit Card": "CreditCard",
        "Other Current Liability": """
            AccruedLiabilities CurrentLiabilities CurrentPortionEmployeeBenefitsObligations
            CurrentPortionOfObligationsUnderFinanceLeases CurrentTaxLiability DirectDepositPayable DividendsPayable
            DutiesAndTaxes FederalIncomeTaxPayable GlobalTaxPayable GlobalTaxSuspense InsurancePayable InterestPayables
            LineOfCredit LoanPayable OtherCurrentLiabilities PayrollClearing PayrollTaxPayable PrepaidExpensesPayable
            ProvisionForWarrantyObligations ProvisionsCurrentLiabilities RentsInTrustLiability SalesTaxPayable
            ShortTermBorrowings SocialSecurityAgencies StaffAndRelatedLiabilityAccounts StateLocalIncomeTaxPayable
            SundryDebtorsAndCreditors TradeAndOtherPayables TrustAccountsLiabilities""",
        "Long Term Liability": """
            AccrualsAndDeferredIncome AccruedLongLermLiabilities AccruedVacationPayable BankLoans
            DebtsRelatedToParticipatingInterests DeferredTaxLiabilities GovernmentAndOtherPublicAuthorities
            GroupAndAssociates LiabilitiesRelatedToAssetsHeldForSale LongTermBorrowings LongTermDebit
            LongTermEmployeeBenefitObligations NotesPayable ObligationsUnderFinanceLeases OtherLongTermLiabilities
            OtherLongTermProvisions ProvisionForLiabilities ProvisionsNonCurrentLiabilities ShareholderNotesPayable
            StaffAndRelatedLongTermLiabilityAccounts""",
        "Equity": """
            AccumulatedAdjustment AccumulatedOtherComprehensiveIncome CalledUpShareCapital CapitalReserves CommonStock
            DividendDisbursed EquityInEarningsOfSubsiduaries EstimatedTaxes Funds Healthcare InvestmentGrants
            MoneyReceivedAgainstShareWarrants OpeningBalanceEquity OtherFreeReserves OwnersEquity PaidInCapitalOrSurplus
            PartnerContributions PartnerDistributions PartnersEquity PersonalExpense PersonalIncome PreferredStock
            RetainedEarnings ShareApplicationMoneyPendingAllotment ShareCapital TreasuryStock""",
        "Income": """
            CashReceiptIncome DiscountsRefundsGiven NonProfitIncome OperatingGrants OtherCurrentOperatingIncome
            OtherPrimaryIncome OwnWorkCapitalized RevenueGeneral SalesOfProductIncome SalesRetail SalesWholesale
            SavingsByTaxScheme ServiceFeeIncome UnappliedCashPaymentIncome""",
        "Other Income": """
            DividendIncome GainLossOnSaleOfFixedAssets GainLossOnSaleOfInvestments InterestEarned LossOnDisposalOfAssets
            OtherInvestmentIncome OtherMiscellaneousIncome OtherOperatingIncome TaxExemptInterest
            UnrealisedLossOnSecuritiesNetOfTax""",
        "Cost of Goods Sold": """
            CostOfLaborCos CostOfSales EquipmentRentalCos FreightAndDeliveryCost OtherCostsOfServiceCos
            ShippingFreightDeliveryCos SuppliesMaterialsCogs""",
        "Expense": """
            AdvertisingPromotional AmortizationExpense AppropriationsToDepreciation Auto BadDebts BankCharges
            BorrowingCost CharitableContributions CommissionsAndFees CostOfLabor DistributionCosts DuesSubscriptions
            Entertainment EntertainmentMeals EquipmentRental ExternalServices ExtraordinaryCharges FinanceCosts
            GlobalTaxExpense IncomeTaxExpense Insurance InterestPaid LegalProfessionalFees
            LossOnDiscontinuedOperationsNetOfTax ManagementCompensation OfficeExpenses
            OfficeGeneralAdministrativeExpenses OtherBusinessExpenses OtherCurrentOperatingCharges OtherExternalServices
            OtherMiscellaneousServiceCost OtherRentalCosts OtherSellingExpenses PayrollExpenses
            ProjectStudiesSurveysAssessments PromotionalMeals PurchasesRebates RentOrLeaseOfBuildings RepairMaintenance
            ShippingAndDeliveryExpense ShippingFreightDelivery StaffCosts Sundry SuppliesMaterials TaxesPaid Travel
            TravelExpensesGeneralAndAdminExpenses TravelExpensesSellingExpense TravelMeals
            UnappliedCashBillPaymentExpense Utilities""",
        "Other Expense": """
            Amortization DeferredTaxExpense Depletion Depreciation ExceptionalItems ExchangeGainOrLoss
            ExtraordinaryItems GasAndFuel HomeOffice HomeOwnerRentalInsurance IncomeTaxOtherExpense MatCredit
            MortgageInterest OtherHomeOfficeExpenses OtherMiscellaneousExpense OtherVehicleExpenses ParkingAndTolls
            PenaltiesSettlements PriorPeriodItems RentAndLease RepairsAndMaintenance TaxRoundoffGainOrLoss Utilities
            Vehicle VehicleInsurance VehicleLease VehicleLoan VehicleLoanInterest VehicleRegistration VehicleRepairs
            WashAndRoadServices""",
    }.items()
}
"""The detail types that an account of a type may have."""


def type_of(detail_type: str | None) -> str | None:
    """The type that a detail type belongs to, the first where two have it."""
    return next((kind for kind, names in DETAIL_TYPES.items() if detail_type in names), None)
