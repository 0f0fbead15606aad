"""What people write back: mails as they come in, and the page on which the desk reads mails and SMS alike."""
