"""What runs left behind: records, the folder that keeps them, when they arrived, and tables of them."""
