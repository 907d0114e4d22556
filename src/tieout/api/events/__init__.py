"""What happened, for partners that missed a webhook."""
