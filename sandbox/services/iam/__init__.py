"""AWS Identity and Access Management: roles and policies as records. Nothing is enforced yet."""
